using System.Diagnostics;
using Hearth;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Misbehaving;
using Hearth.Tests.Support.Faults;
using Microsoft.Extensions.DependencyInjection;

// A silo of the tests' own, with functions that no author would be proud of.
var builder = HearthApplication.CreateBuilder(args);
builder.Services.AddSingleton<Switchboard>();
var effects = new Lazy<EffectLedger>(EffectLedger.OfEnvironment);

builder.AddFunction("open", (Named gate, Switchboard board) => board.Open(gate.Name));
builder.AddFunction("count", (Named counter, Switchboard board) => board.Counted(counter.Name));

// Run for ever.
builder.AddFunction("stuck", (Named gate, Switchboard board) => board.Block(gate.Name), o =>
{
    o.Timeout = TimeSpan.FromMilliseconds(400);
    o.Concurrency = 2;
    o.Retry = new RetryPolicy(Attempts: 1);
});
builder.AddFunction("hog", (Named gate, Switchboard board) =>
{
    for (var i = 0; i < 300; i++)
        ThreadPool.UnsafeQueueUserWorkItem(_ => board.Block(gate.Name), null);
});
// Says what it does and saves something; tells at the second run what that was.
builder.AddFunction("tell", async (Named gate, Switchboard board, TimeProvider clock, FunctionContext context, CancellationToken token) =>
{
    // Not by the attempt's number: one that was handed back before it began has had its own.
    if (await context.ReadDetailAsync<int?>(token) is { } detail)
        return detail;
    context.Log("first run");
    context.Progress(0.5, "half");
    await context.SaveDetailAsync(7, token);
    board.Count("telling." + gate.Name);
    while (!board.IsOpen(gate.Name))
        await Task.Delay(TimeSpan.FromMilliseconds(20), clock, token);
    throw JobOutcome.Snooze(TimeSpan.FromSeconds(1), "again");
}, o => o.Concurrency = 3);

builder.AddFunction("hold", async (Named who, Switchboard board, TimeProvider clock, CancellationToken token) =>
{
    board.Count("started." + who.Name);
    try
    {
        await Task.Delay(TimeSpan.FromMinutes(5), clock, token);
    }
    finally
    {
        board.Count("ended." + who.Name);
    }
}, o =>
{
    o.Timeout = TimeSpan.FromMinutes(5);
    o.Concurrency = 3;
});
builder.AddFunction("spin", (Spin spin) => Burn(spin.Milliseconds), o => o.Concurrency = 100);
builder.AddFunction("spin-later", async (Spin spin) =>
{
    await Task.Yield();
    return Burn(spin.Milliseconds);
}, o => o.Concurrency = 100);

// Fail.
builder.AddFunction("surprise", (Named secret) => Throw(new InvalidOperationException("secret " + secret.Name)), Once);
builder.AddFunction("refuse", (Named reason) => Throw(new FunctionException(reason.Name)), Once);
builder.AddFunction("flaky", (Number failures, FunctionContext context) => context.Attempt > failures.Value
    ? context.Attempt
    : throw new FunctionException($"attempt {context.Attempt} fails"), o => o.Retry = new RetryPolicy(Initial: TimeSpan.FromMilliseconds(20), Factor: 1));
builder.AddFunction("die", async (TimeProvider clock) =>
{
    // Late enough for the answer that the job was accepted.
    await Task.Delay(TimeSpan.FromMilliseconds(500), clock);
    Environment.FailFast("a function killed its process");
});
builder.AddFunction("not-a-number", (Named _) => double.NaN, Once);

// Bounds.
builder.AddFunction("narrow", (Named name) => name, o => o.InputBytesMax = 100);
builder.AddFunction("narrow-stream", async (Stream input, Stream output, CancellationToken token) => await input.CopyToAsync(output, token), o => o.InputBytesMax = 60_000);
builder.AddFunction("wide", (Texts many) => many.Items.Count, o => o.InputBytesMax = 8 << 20);
builder.AddFunction("long-text", (Size size) => new string('x', size.Bytes), o => o.OutputBytesMax = 1_000);
builder.AddFunction("long-text-of-stream", async (Stream input, CancellationToken token) =>
{
    await input.CopyToAsync(Stream.Null, token);
    return new string('x', 2_000);
}, o => o.OutputBytesMax = 1_000);
builder.AddFunction("long-stream", async (Stream input, Stream output, CancellationToken token) => await input.CopyToAsync(output, token), o => o.OutputBytesMax = 200_000);

// Streams treated badly.
builder.AddFunction("half", async (Stream input, Stream output, FunctionContext context, CancellationToken token) =>
{
    await output.WriteAsync(new byte[int.Parse(context.Parameters["bytes"])], token);
    throw new FunctionException("only half of it");
}, o => o.Parameters.Add(new FunctionParameter("bytes", Default: "10")));
builder.AddFunction("flood", (Stream input, Stream output, Switchboard board) =>
{
    board.Count("flooding");
    for (var i = 0; i < 100_000; i++)
        output.Write(new byte[10_000]);
}, o => (o.Concurrency, o.OutputBytesMax) = (1, 100_000_000));
builder.AddFunction("json-stream", async (Stream input, Stream output, CancellationToken token) => await input.CopyToAsync(output, token), o =>
{
    o.InputContentTypes.Add("application/json");
    o.OutputContentType = "application/json";
    o.Concurrency = 1;
});
builder.AddFunction("swallow", async (Stream input, Stream output, CancellationToken token) => await input.CopyToAsync(Stream.Null, token), o => (o.Timeout, o.Concurrency) = (TimeSpan.FromMilliseconds(500), 1));
builder.AddFunction("lazy", (Stream input) => "done");
builder.AddFunction("sink", async (Stream input, CancellationToken token) => await input.CopyToAsync(Stream.Null, token));

// Shapes.
builder.AddFunction("shapes", (Shapes all) => all);
builder.AddFunction("reverse", (string text) => new string([.. text.Reverse()]));
builder.AddFunction("reverse-bytes", (byte[] bytes) => bytes.Reverse().ToArray());
builder.AddFunction("picture", (byte[] bytes) => bytes, o =>
{
    o.InputContentTypes.Add("image/png");
    o.OutputContentType = "image/png";
});
builder.AddFunction("fresh", (Named name, FunctionContext context) => $"{name.Name} {Guid.NewGuid()}", o =>
{
    o.CacheFor = TimeSpan.FromHours(1);
    o.Parameters.Add(new FunctionParameter("flavour", Default: "plain", Values: ["plain", "spicy"]));
});
builder.AddFunction("pair", (Pair pair) => pair, o => (o.Route, o.Method) = ("/pairs/{left}", "PUT"));
builder.AddFunction("square", (Number n) => n.Value * n.Value, o => (o.Route, o.Method) = ("/squares/{value:int}", "GET"));
builder.AddFunction("ping", () => "pong", o => (o.Route, o.Method) = ("/ping", "GET"));
// Files are shared by all that append, each of which writes where it found the end.
var appending = new SemaphoreSlim(1);
builder.AddFunction("ledger", async (Entry entry, FunctionContext context, TimeProvider clock, CancellationToken token) =>
{
    await appending.WaitAsync(token);
    try
    {
        await File.AppendAllTextAsync(entry.File, $"{context.JobId} {context.Attempt}\n", token);
    }
    finally
    {
        appending.Release();
    }

    await Task.Delay(TimeSpan.FromSeconds(entry.Seconds), clock, token);
    return context.Attempt;
});

// Bound to a pool, whose lack would show in the health of every silo.
if (Environment.GetEnvironmentVariable("HEARTH_TEST_BOUND") is not null)
{
    builder.AddFunction("picky", (Named who, FunctionContext context) => $"{who.Name} {Environment.ProcessId}", o => o.Pool = "gpu");
    builder.AddFunction("picky-stream", async (Stream input, Stream output, CancellationToken token) => await input.CopyToAsync(output, token), o => o.Pool = "gpu");
}

builder.AddFunction("where", () => Environment.ProcessId);
builder.AddExternalFunction("outside");

builder.AddObject<Tally>("counter", counter =>
{
    counter.On("add", (Tally state) => ++state.Value);
    counter.OnRead("value", (Tally state) => state.Value);
});

// Tells of its runs where no fault of the store reaches; no two runs have the same result.
var effect = async (EffectInput input, FunctionContext context, TimeProvider clock, CancellationToken token) =>
{
    using (effects.Value.Run(context.JobId!, context.Attempt, context.Epoch))
    {
        await Task.Delay(TimeSpan.FromMilliseconds(input.Milliseconds), clock, token);
        if (input.Dies)
            Environment.FailFast("a function killed its process");
        return Guid.NewGuid();
    }
};
builder.AddFunction("effect", effect);
builder.AddFunction("effect-of-few", effect, o => o.Concurrency = 3);

return await builder.Build().RunAsync();

static void Throw(Exception e) => throw e;

// Its jobs fail at the first failure.
static void Once(FunctionOptions options) => options.Retry = new RetryPolicy(Attempts: 1);

static long Burn(int milliseconds)
{
    var watch = Stopwatch.StartNew();
    while (watch.ElapsedMilliseconds < milliseconds)
        Thread.SpinWait(1_000);
    return watch.ElapsedMilliseconds;
}
