using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Functions;

namespace Hearth.Tests.Support.Jobs;

/// <summary>
/// A store and a clock, the silos that a test starts on them, and functions that write down each run: <c>echo</c>, <c>fail</c>,
/// <c>hold</c> (waits for the gate that its input names, or its token), <c>stuck</c> (for the gate only), <c>flaky</c> (succeeds at the attempt that
/// its input names), <c>script</c> (<see cref="Script"/>), <c>outside</c> (which no silo runs).
/// </summary>
internal sealed class JobWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> gates = new(StringComparer.Ordinal);
    private readonly List<JobSilo> silos = [];
    private volatile bool areAllOpen;

    public JobWorld(Func<TimeProvider, IJobStore>? store = null) =>
        (Store, Queues) = (store?.Invoke(Clock) ?? new InMemoryJobStore(Clock), new InMemoryGrainStateStore(Clock));

    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The store, without faults.</summary>
    public IJobStore Store { get; }

    /// <summary>Where the queues' definitions are stored.</summary>
    public IGrainStateStore Queues { get; }

    public InMemoryJobStore Memory => (InMemoryJobStore)Store;

    /// <summary>Every run that began, in order.</summary>
    public ConcurrentQueue<Run> Runs { get; } = new();

    /// <summary>How many functions of a name may run at once.</summary>
    public int Concurrency { get; set; } = 8;

    public JobsOptions Options { get; set; } = new("silo");

    /// <summary>What code says of the queue on silos that start from now on; null: nothing.</summary>
    public QueueDefinition? Given { get; set; }

    public long PayloadBytes { get; set; } = 64 << 20;

    /// <summary>What the function <c>script</c> does.</summary>
    public Func<FunctionContext, CancellationToken, Task<string>> Script { get; set; } = (_, _) => Task.FromResult("");

    public static JobSpec Spec(string function, string input = "", JobOptions? options = null) =>
        new(function, "application/json", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(input)), options);

    /// <summary>Starts a silo.</summary>
    /// <param name="only">Names of the functions that it serves; none: all.</param>
    public async Task<JobSilo> StartAsync(params string[] only)
    {
        var owner = $"{Options.Owner}/{silos.Count}";
        JobSilo? silo = null;
        silo = await JobSilo.StartAsync(
            Store, Clock, Functions(() => silo?.Store.IsDead == true).Where(f => only.Length == 0 || only.Contains(f.Name)),
            Options with { Owner = owner }, PayloadBytes, Queues, Given);
        silos.Add(silo);
        return silo;
    }

    /// <summary>The functions.</summary>
    /// <param name="isDead">Whether the silo that serves them has died: then nothing starts any more that anybody could see.</param>
    public IEnumerable<ServedFunction> Functions(Func<bool>? isDead = null)
    {
        var host = TestHost.Create(Clock);
        yield return Function("echo", (string input, FunctionContext context) => Note(input, context));
        yield return Function("fail", string (string input, FunctionContext context) => throw new InvalidOperationException(Note(input, context)));
        yield return Function("hold", async (string input, FunctionContext context, CancellationToken stop) =>
            await Gate(Note(input, context)).Task.WaitAsync(stop));
        yield return Function("stuck", async (string input, FunctionContext context) => await Gate(Note(input, context)).Task);
        yield return ExternalFunction.Create("outside", new FunctionOptions(), host);
        yield return Function("script", (string input, FunctionContext context, CancellationToken stop) =>
        {
            Note(input, context);
            return Script(context, stop);
        });
        yield return Function("flaky", (string input, FunctionContext context) =>
            int.Parse(Note(input, context).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) <= context.Attempt
                ? input : throw new InvalidOperationException("not yet"));

        string Note(string input, FunctionContext context)
        {
            if (isDead?.Invoke() == true)
                throw new OperationCanceledException("This silo is dead.");
            Assert.True(JobId.TryParse(context.JobId, out var id));
            Runs.Enqueue(new Run(id, context.Attempt, context.Epoch, context.Function, input, Clock.GetUtcNow(), context.Deadline));
            return input;
        }

        ServedFunction Function(string name, Delegate body) => TestHost.Function(body, o => o.Concurrency = Concurrency, host, name);
    }

    public TaskCompletionSource Gate(string name)
    {
        var gate = gates.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (areAllOpen)
            gate.TrySetResult();
        return gate;
    }

    /// <summary>Opens every gate, those that nobody has asked for yet among them.</summary>
    public void OpenAll()
    {
        areAllOpen = true;
        foreach (var gate in gates.Values)
            gate.TrySetResult();
    }

    /// <summary>Waits until something is so.</summary>
    public static Task EventuallyAsync(Func<Task<bool>> isSo, string what) => EventuallyAsync(isSo, () => Task.FromResult(what));

    public static async Task EventuallyAsync(Func<Task<bool>> isSo, Func<Task<string>> what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                Assert.Fail("It did not come to this: " + await what());
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    public static Task EventuallyAsync(Func<bool> isSo, string what) => EventuallyAsync(() => Task.FromResult(isSo()), what);

    /// <summary>Waits until a job's end is stored.</summary>
    public async Task<JobEnd> EndAsync(JobId id)
    {
        JobEnd? end = null;
        await EventuallyAsync(async () => (end = await Store.FindEndAsync(id, CancellationToken.None)) is not null, $"job {id} ends");
        return end!.Value;
    }

    /// <summary>Waits until a job's end is stored, while time goes by.</summary>
    public async Task<JobEnd> EndLaterAsync(JobId id, TimeSpan step)
    {
        JobEnd? end = null;
        await EventuallyAsync(
            async () =>
            {
                Clock.Advance(step);
                return (end = await Store.FindEndAsync(id, CancellationToken.None)) is not null;
            },
            $"job {id} ends");
        return end!.Value;
    }

    /// <summary>Waits until so many runs of a job have begun.</summary>
    public Task RunsAsync(JobId id, int count = 1) => EventuallyAsync(() => RunsOf(id).Count >= count, $"job {id} runs {count} times");

    public IReadOnlyList<Run> RunsOf(JobId id) => [.. Runs.Where(run => run.Id == id)];

    public Task StateAsync(JobSilo silo, JobId id, JobState state) =>
        EventuallyAsync(async () => (await silo.OpenAsync(id))?.State == state, $"job {id} is {state}");

    /// <summary>Gives what is under way time to happen, when a test wants to see that nothing does.</summary>
    public static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);

    /// <summary>The attempts on record.</summary>
    public async Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id) => (await Store.HistoryAsync(id, CancellationToken.None)).Attempts;

    /// <summary>Another owner takes the shard.</summary>
    public Task<ShardClaim> TakeOverAsync() => Store.ClaimAsync(ShardKey.Of(JobSilo.Queue), "somebody else", isPlanned: false, CancellationToken.None);

    /// <summary>A silo dies while it runs jobs that have not been started before; their starts are on record.</summary>
    public async Task CrashAsync(JobSilo silo, params JobId[] running)
    {
        var claim = await TakeOverAsync();
        await Store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Attempts = running.Select(id => new JobAttemptRow(id, 1, AttemptKind.Started, Store.Now)).ToArray(),
        });
        silo.Crash();
    }

    public async ValueTask DisposeAsync()
    {
        OpenAll();
        foreach (var silo in silos)
            await silo.DisposeAsync();
    }

    /// <summary>A run that began.</summary>
    public sealed record Run(JobId Id, int Attempt, long Epoch, string Function, string Input, DateTimeOffset At, DateTimeOffset Deadline);
}
