using Hearth.Functions;
using Hearth.Functions.Runs;
using Hearth.Tests.Support;

namespace Hearth.Tests.Functions;

/// <summary>A slot is taken once, given back once, and never by a run that has not ended.</summary>
public sealed class FunctionSlotsTests
{
    [Fact]
    public void No_more_slots_are_taken_than_there_are()
    {
        var function = TestHost.Function((int n) => n, o => o.Concurrency = 2);
        var (one, two) = (function.Slots.TryTake(), function.Slots.TryTake());
        Assert.NotNull(one);
        Assert.NotNull(two);
        Assert.NotSame(one, two);
        Assert.Null(function.Slots.TryTake());
        Assert.Equal(2, function.Slots.InUse);
        one.Release();
        Assert.Same(one, function.Slots.TryTake());
        one.Release();
        two.Release();
        Assert.Equal(0, function.Slots.InUse);
    }

    [Fact]
    public async Task Who_waits_is_served_in_order()
    {
        var function = TestHost.Function((int n) => n, o => o.Concurrency = 1);
        var held = function.Slots.TryTake()!;
        var (first, second) = (function.Slots.TakeAsync(default).AsTask(), function.Slots.TakeAsync(default).AsTask());
        held.Release();
        var run = await first;
        Assert.False(second.IsCompleted);
        run.Release();
        (await second).Release();
        Assert.Equal(0, function.Slots.InUse);
    }

    [Fact]
    public async Task Who_gives_up_waiting_costs_no_slot()
    {
        var function = TestHost.Function((int n) => n, o => o.Concurrency = 1);
        var held = function.Slots.TryTake()!;
        using var giveUp = new CancellationTokenSource();
        var leaving = function.Slots.TakeAsync(giveUp.Token).AsTask();
        var staying = function.Slots.TakeAsync(default).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        held.Release();
        (await staying).Release();
        Assert.Equal(0, function.Slots.InUse);
    }

    [Fact]
    public async Task A_run_that_was_cut_off_keeps_its_slot_until_its_body_has_ended()
    {
        var (gate, begun) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var function = TestHost.Function(async (int n) =>
        {
            begun.SetResult();
            await gate.Task;
        }, o => o.Concurrency = 1);
        using var caller = new CancellationTokenSource();
        var (run, ended) = TestHost.Start(function, "1", caller.Token);
        await begun.Task;
        await caller.CancelAsync();
        Assert.Equal(RunEnd.Cancelled, (await ended).End);
        run.Release();
        Assert.Equal(1, function.Slots.InUse);
        Assert.Null(function.Slots.TryTake());
        var next = function.Slots.TakeAsync(default).AsTask();
        gate.SetResult();
        (await next.WaitAsync(TimeSpan.FromSeconds(10))).Release();
        Assert.Equal(0, function.Slots.InUse);
        Assert.Equal("1", (await TestHost.RunAsync(TestHost.Function((int n) => n), "1")).Output);
    }

    [Fact]
    public async Task A_caller_gone_before_the_start_cancels_at_once()
    {
        var function = TestHost.Function(async (int n, CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token), o => o.Concurrency = 1);
        var (run, ended) = TestHost.Start(function, "1", new CancellationToken(canceled: true));
        Assert.Equal(RunEnd.Cancelled, (await ended).End);
        run.Release();
        (await function.Slots.TakeAsync(default).AsTask().WaitAsync(TimeSpan.FromSeconds(10))).Release();
    }

    [Fact]
    public async Task The_watch_cuts_off_at_the_deadline_and_not_before()
    {
        var clock = new ManualTimeProvider();
        var function = TestHost.Function(
            async (int n, CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token),
            o => o.Timeout = TimeSpan.FromSeconds(10), TestHost.Create(clock));
        using var watch = new RunWatch(new FunctionRegistry([function]), clock);
        var (run, ended) = TestHost.Start(function, "1");
        clock.Advance(TimeSpan.FromSeconds(9.9));
        watch.Tick();
        Assert.False(ended.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        watch.Tick();
        Assert.Equal(RunEnd.TimedOut, (await ended.WaitAsync(TimeSpan.FromSeconds(10))).End);
        run.Release();
        (await function.Slots.TakeAsync(default).AsTask().WaitAsync(TimeSpan.FromSeconds(10))).Release();
        Assert.Equal(1, function.Usage.View().TimedOut);
    }

    [Fact]
    public async Task A_run_that_reuses_a_slot_has_a_deadline_and_a_token_of_its_own()
    {
        var clock = new ManualTimeProvider();
        var function = TestHost.Function(
            async (int n, CancellationToken token) =>
            {
                await Task.Delay(n == 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return token.IsCancellationRequested;
            },
            o => (o.Timeout, o.Concurrency) = (TimeSpan.FromSeconds(10), 1), TestHost.Create(clock));
        using var watch = new RunWatch(new FunctionRegistry([function]), clock);
        for (var i = 0; i < 20; i++)
        {
            var (run, ended) = TestHost.Start(function, "1");
            clock.Advance(TimeSpan.FromSeconds(10));
            watch.Tick();
            Assert.Equal(RunEnd.TimedOut, (await ended).End);
            run.Release();
            (await function.Slots.TakeAsync(default)).Release();
            watch.Tick();
            Assert.Equal("false", (await TestHost.RunAsync(function, "0")).Output);
        }
    }

    [Fact]
    public async Task Slots_add_up_after_thousands_of_runs_that_end_in_every_way()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var function = TestHost.Function(
            async (int n, CancellationToken token) =>
            {
                if (n == 0)
                    throw new InvalidOperationException();
                if (n == 1)
                    await Task.Yield();
                if (n == 2)
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, token);
                return n;
            },
            o => o.Concurrency = 4);
        await Parallel.ForEachAsync(Enumerable.Range(0, 5_000).Select(_ => random.Next(4)).ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) =>
        {
            var run = await function.Slots.TakeAsync(default);
            Assert.InRange(function.Slots.InUse, 0, 4);
            using var caller = new CancellationTokenSource();
            run.ReadInput(new System.Buffers.ReadOnlySequence<byte>([(byte)('0' + n)]), "application/json", false);
            var ended = run.StartAsync(function.CreateContext("application/json", new Dictionary<string, string>(StringComparer.Ordinal)), TimeSpan.FromSeconds(30), caller.Token).AsTask();
            if (n == 2)
                await caller.CancelAsync();
            var outcome = await ended;
            Assert.Equal(n switch { 0 => RunEnd.Failed, 2 => outcome.End, _ => RunEnd.Succeeded }, outcome.End);
            if (outcome.End == RunEnd.Succeeded)
            {
                var output = new System.Buffers.ArrayBufferWriter<byte>();
                Assert.Equal(RunEnd.Succeeded, run.TryWriteOutput(output).End);
                Assert.True(output.WrittenSpan[0] == '0' + n, $"seed {seed}");
            }

            run.Release();
        });
        for (var i = 0; i < 200 && function.Slots.InUse > 0; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        Assert.Equal(0, function.Slots.InUse);
    }
}
