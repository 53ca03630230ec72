using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class InterleavingTests
{
    [Fact]
    public async Task Calls_of_a_reentrant_grain_interleave_while_one_awaits()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IReentrantGrain>("reentrant");
        var waiting = grain.PassGate("reentrant");
        await Gate.Of("reentrant").ArrivalAsync();
        await grain.Ping().WaitAsync(Gate.Patience);
        Gate.Of("reentrant").Open();
        await waiting;
    }

    [Fact]
    public async Task Turns_of_a_reentrant_grain_still_never_run_at_the_same_time()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IReentrantGrain>("one-turn");
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => Task.Run(grain.Increment)));
        Assert.Equal(1_000, await grain.Count());
        Assert.Equal(1, await grain.MostAtOnce());
    }

    [Fact]
    public async Task An_always_interleaving_method_enters_a_busy_grain()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMixedGrain>("always");
        var busy = grain.Write("always");
        await Gate.Of("always").ArrivalAsync();
        await grain.Interleaving().WaitAsync(Gate.Patience);
        Gate.Of("always").Open();
        await busy;
    }

    [Fact]
    public async Task A_running_interleaving_method_does_not_keep_others_out()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMixedGrain>("not-out");
        var running = grain.InterleavingGate("not-out");
        await Gate.Of("not-out").ArrivalAsync();
        await grain.Read().WaitAsync(Gate.Patience);
        Gate.Of("not-out").Open();
        await running;
    }

    [Fact]
    public async Task Read_only_calls_interleave_with_one_another()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMixedGrain>("readers");
        var readers = new[] { grain.ReadGate("readers"), grain.ReadGate("readers"), grain.ReadGate("readers") };
        foreach (var _ in readers)
            await Gate.Of("readers").ArrivalAsync();
        Gate.Of("readers").Open();
        await Task.WhenAll(readers);
    }

    // On Orleans a writer does not wait for all readers, docs/decisions/0005-orleans-surface.md.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task A_writer_waits_for_all_readers_and_readers_wait_for_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMixedGrain>("writer");
        var reader1 = grain.ReadGate("w-reader1");
        var reader2 = grain.ReadGate("w-reader2");
        await Gate.Of("w-reader1").ArrivalAsync();
        await Gate.Of("w-reader2").ArrivalAsync();
        var writer = grain.Write("w-writer");
        Gate.Of("w-reader1").Open();
        await reader1;
        await grain.Interleaving();
        Assert.True(Gate.Of("w-writer").NobodyElseCame);
        Gate.Of("w-reader2").Open();
        await reader2;
        await Gate.Of("w-writer").ArrivalAsync();
        var late = grain.Read();
        await grain.Interleaving();
        Assert.False(late.IsCompleted);
        Gate.Of("w-writer").Open();
        await Task.WhenAll(writer, late);
    }

    [Fact]
    public async Task A_reader_goes_past_a_writer_that_waits_for_other_readers()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMixedGrain>("past");
        var reader = grain.ReadGate("past-reader");
        await Gate.Of("past-reader").ArrivalAsync();
        var writer = grain.Write("past-writer");
        await grain.Read().WaitAsync(Gate.Patience);
        Assert.True(Gate.Of("past-writer").NobodyElseCame);
        Gate.Of("past-reader").Open();
        await reader;
        Gate.Of("past-writer").Open();
        await writer;
    }

    [Fact]
    public async Task A_call_chain_may_come_back_to_a_grain_that_allowed_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IChainGrain>("chain-a");
        Assert.Equal("back", await grain.CallAndComeBack("chain-b").WaitAsync(Gate.Patience));
    }

    [Fact]
    public async Task A_grain_that_allows_its_call_chain_in_keeps_other_calls_out()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IChainGrain>("chain-only");
        var chain = grain.CallGate("chain-other", "chain-only");
        await Gate.Of("chain-only").ArrivalAsync();
        var stranger = grain.Back();
        await grain.Fence();
        Assert.False(stranger.IsCompleted);
        Gate.Of("chain-only").Open();
        await chain;
        await stranger;
    }

    [Theory]
    [InlineData("ended")]
    [InlineData("suppressed")]
    public async Task A_call_chain_may_not_come_back_when_that_is(string how)
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IChainGrain>($"{how}-chain");
        var busy = grain.StaysBusy(how);
        await Gate.Of($"{how}-busy").ArrivalAsync();
        Gate.Of($"{how}-asks").Open();
        await Gate.Of($"{how}-asked").ArrivalAsync();
        await grain.Fence();
        Assert.True(Gate.Of($"{how}-back").NobodyElseCame);
        Gate.Of($"{how}-busy").Open();
        await busy;
        await Gate.Of($"{how}-back").ArrivalAsync();
    }
}

public interface IReentrantGrain : IGrainWithStringKey
{
    Task PassGate(string name);
    Task Ping();
    Task Increment();
    Task<int> Count();
    Task<int> MostAtOnce();
}

[Reentrant]
public sealed class ReentrantGrain : Grain, IReentrantGrain
{
    private int _count;
    private int _inside;
    private int _mostInside;

    public Task PassGate(string name) => Gate.Of(name).PassAsync();
    public Task Ping() => Task.CompletedTask;

    public Task Increment()
    {
        _mostInside = Math.Max(_mostInside, Interlocked.Increment(ref _inside));
        _count++;
        Thread.SpinWait(500);
        Interlocked.Decrement(ref _inside);
        return Task.CompletedTask;
    }

    public Task<int> MostAtOnce() => Task.FromResult(_mostInside);
    public Task<int> Count() => Task.FromResult(_count);
}

public interface IMixedGrain : IGrainWithStringKey
{
    Task Write(string gate);

    [ReadOnly]
    Task Read();

    [ReadOnly]
    Task ReadGate(string gate);

    [AlwaysInterleave]
    Task Interleaving();

    [AlwaysInterleave]
    Task InterleavingGate(string gate);
}

public sealed class MixedGrain : Grain, IMixedGrain
{
    public Task Write(string gate) => Gate.Of(gate).PassAsync();
    public Task Read() => Task.CompletedTask;
    public Task ReadGate(string gate) => Gate.Of(gate).PassAsync();
    public Task Interleaving() => Task.CompletedTask;
    public Task InterleavingGate(string gate) => Gate.Of(gate).PassAsync();
}

public interface IChainGrain : IGrainWithStringKey
{
    Task<string> CallAndComeBack(string over);
    Task<string> ComeBackTo(string key);
    Task<string> Back();
    Task CallGate(string over, string gate);
    Task PassGate(string gate);
    Task StaysBusy(string how);
    Task ComeBackLater(string key, string how);
    Task BackAtGate(string gate);

    [AlwaysInterleave]
    Task Fence();
}

public sealed class ChainGrain : Grain, IChainGrain
{
    public async Task<string> CallAndComeBack(string over)
    {
        using var _ = RequestContext.AllowCallChainReentrancy();
        return await GrainFactory.GetGrain<IChainGrain>(over).ComeBackTo(this.GetPrimaryKeyString());
    }

    public Task<string> ComeBackTo(string key) => GrainFactory.GetGrain<IChainGrain>(key).Back();
    public Task<string> Back() => Task.FromResult("back");

    public async Task CallGate(string over, string gate)
    {
        using var _ = RequestContext.AllowCallChainReentrancy();
        await GrainFactory.GetGrain<IChainGrain>(over).PassGate(gate);
    }

    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();

    /// <summary>Has another grain call back after what allowed it has ended, or although it was suppressed.</summary>
    public async Task StaysBusy(string how)
    {
        var other = GrainFactory.GetGrain<IChainGrain>($"{how}-other");
        using (RequestContext.AllowCallChainReentrancy())
            if (string.Equals(how, "ended", StringComparison.Ordinal))
                _ = other.ComeBackLater(this.GetPrimaryKeyString(), how);
        using var allowed = RequestContext.AllowCallChainReentrancy();
        using (RequestContext.SuppressCallChainReentrancy())
            if (string.Equals(how, "suppressed", StringComparison.Ordinal))
                _ = other.ComeBackLater(this.GetPrimaryKeyString(), how);
        await Gate.Of($"{how}-busy").PassAsync();
    }

    public async Task ComeBackLater(string key, string how)
    {
        await Gate.Of($"{how}-asks").PassAsync();
        var back = GrainFactory.GetGrain<IChainGrain>(key).BackAtGate($"{how}-back");
        _ = Gate.Of($"{how}-asked").PassAsync();
        await back;
    }

    public Task BackAtGate(string gate)
    {
        _ = Gate.Of(gate).PassAsync();
        return Task.CompletedTask;
    }

    public Task Fence() => Task.CompletedTask;
}
