using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;

namespace Hearth.Tests.Engine;

public sealed class TurnTests
{
    [Fact]
    public async Task Calls_from_many_threads_run_one_at_a_time()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("many");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
                await grain.IncrementCarelessly();
        })));
        Assert.Equal(8_000, await grain.Count());
        Assert.Equal(1, await grain.MostAtOnce());
    }

    [Fact]
    public async Task A_call_that_awaits_keeps_later_calls_out_until_it_ends()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("keeps-out");
        var first = grain.PassGate("keeps-out");
        await Gate.Of("keeps-out").ArrivalAsync();
        var second = grain.Count();
        // Each fence is behind the call in line; whatever could start has started before the last one answers.
        await grain.Fence();
        await grain.Fence();
        Assert.False(second.IsCompleted);
        Gate.Of("keeps-out").Open();
        Assert.Equal(1, await second);
        await first;
    }

    [Fact]
    public async Task What_a_grain_awaits_comes_back_to_its_own_scheduler()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.True(await cluster.Grains.GetGrain<ITurnGrain>("back").AwaitsComeBack());
    }

    [Fact]
    public async Task Continuations_of_one_call_never_run_at_the_same_time()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("fan");
        await grain.FanOutWithin(200);
        Assert.Equal(200, await grain.Count());
        Assert.Equal(1, await grain.MostAtOnce());
    }

    // Orleans may run a call where it was made.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task A_call_never_runs_on_its_callers_stack()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("stack");
        await grain.Count();
        using var holdsCaller = new ThreadLocal<bool> { Value = true };
        TurnGrain.OnCallersThread = () => holdsCaller.Value;
        var call = grain.RunsOnCallersThread();
        Assert.False(await call);
    }

    // Orleans promises no order.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task Calls_of_one_caller_run_in_the_order_in_which_they_were_made()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("order");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(grain.Note));
        Assert.Equal(Enumerable.Range(0, 300), await grain.Notes());
    }

    [Fact]
    public async Task A_grain_that_always_has_work_does_not_keep_others_from_running()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var stop = new CancellationTokenSource();
        // More of them than the thread pool adds threads for while the test has patience.
        var busy = Enumerable.Range(0, Environment.ProcessorCount * 32)
            .Select(i => cluster.Grains.GetGrain<ITurnGrain>($"busy{i}").YieldUntil(stop.Token)).ToArray();
        await cluster.Grains.GetGrain<ITurnGrain>("idle").Count().WaitAsync(Gate.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(busy));
    }

    [Fact]
    public async Task A_call_that_keeps_awaiting_what_is_ready_does_not_keep_out_what_may_interleave()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var stop = new CancellationTokenSource();
        var grain = cluster.Grains.GetGrain<ITurnGrain>("yielding");
        var yielding = grain.YieldUntil(stop.Token);
        await Gate.Of("yields-yielding").ArrivalAsync();
        await grain.Fence().WaitAsync(Gate.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => yielding);
    }

    // On Orleans a grain takes all calls that may run before it goes on with what it awaited.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task Calls_that_keep_coming_do_not_keep_a_running_one_from_going_on()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Grains.GetGrain<ITurnGrain>("overrun").AwaitWhileOthersCome().WaitAsync(Gate.Patience);
    }
}

public interface ITurnGrain : IGrainWithStringKey
{
    Task IncrementCarelessly();
    Task<int> Count();
    Task<int> MostAtOnce();
    Task PassGate(string name);
    Task<bool> AwaitsComeBack();
    Task FanOutWithin(int parts);
    Task<bool> RunsOnCallersThread();
    Task Note(int number);
    Task<List<int>> Notes();
    Task YieldUntil(CancellationToken stop);

    Task AwaitWhileOthersCome();

    [AlwaysInterleave]
    Task Fence();

    [AlwaysInterleave, OneWay]
    Task KeepComing();
}

public sealed class TurnGrain : Grain, ITurnGrain
{
    private readonly List<int> _notes = [];
    private int _count;
    private int _inside;
    private int _mostInside;
    private bool _wentOn;

    public static Func<bool> OnCallersThread { get; set; } = () => false;

    public async Task IncrementCarelessly()
    {
        Enter();
        var read = _count;
        if (read % 8 == 0)
            await Task.Run(() => { });
        _count = read + 1;
        Leave();
    }

    public Task<int> Count() => Task.FromResult(_count);
    public Task<int> MostAtOnce() => Task.FromResult(_mostInside);

    public async Task PassGate(string name)
    {
        await Gate.Of(name).PassAsync();
        _count++;
    }

    public async Task<bool> AwaitsComeBack()
    {
        var own = TaskScheduler.Current;
        var same = own != TaskScheduler.Default;
        await Task.Yield();
        same &= TaskScheduler.Current == own;
        await Task.Run(() => { });
        same &= TaskScheduler.Current == own;
        await GrainFactory.GetGrain<ITurnGrain>("elsewhere").Count();
        return same && TaskScheduler.Current == own;
    }

    public async Task FanOutWithin(int parts)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = Task.WhenAll(Enumerable.Range(0, parts).Select(async _ =>
        {
            await go.Task;
            Enter();
            _count++;
            // Long enough for a second thread to come in, if one may.
            Thread.SpinWait(20_000);
            Leave();
        }));
        await Task.Run(go.SetResult);
        await all;
    }

    public Task<bool> RunsOnCallersThread() => Task.FromResult(OnCallersThread() && Environment.StackTrace.Contains(nameof(TurnTests), StringComparison.Ordinal));

    public Task Note(int number)
    {
        _notes.Add(number);
        return Task.CompletedTask;
    }

    public Task<List<int>> Notes() => Task.FromResult(_notes);

    public async Task YieldUntil(CancellationToken stop)
    {
        _ = Gate.Of($"yields-{this.GetPrimaryKeyString()}").PassAsync();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async Task AwaitWhileOthersCome()
    {
        await KeepComing();
        await Task.Yield();
        _wentOn = true;
    }

    public Task KeepComing() => _wentOn ? Task.CompletedTask : GrainFactory.GetGrain<ITurnGrain>(this.GetPrimaryKeyString()).KeepComing();

    public Task Fence() => Task.CompletedTask;

    private void Enter() => _mostInside = Math.Max(_mostInside, Interlocked.Increment(ref _inside));
    private void Leave() => Interlocked.Decrement(ref _inside);
}
