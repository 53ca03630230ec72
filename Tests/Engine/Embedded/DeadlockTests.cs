using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>The embedded engine names a cycle of calls after two seconds; Orleans waits for the response timeout.</summary>
public sealed class DeadlockTests
{
    [Fact]
    public async Task A_chain_that_comes_back_to_a_busy_grain_fails_within_seconds_and_names_the_cycle()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ICycleGrain>("a").CallThrough(["b", "c", "a"]);
        await Gate.Of("a>b>c>a").ArrivalAsync();
        var error = await AdvanceUntilFailed(call, time);
        Assert.Contains("cycle/a.ICycleGrain.CallThrough -> cycle/b.ICycleGrain.CallThrough -> cycle/c.ICycleGrain.CallThrough -> " +
            "cycle/a.ICycleGrain.CallThrough", error.Message, StringComparison.Ordinal);
        Assert.Contains("[Reentrant]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_that_awaits_itself_fails_within_seconds()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ICycleGrain>("self").CallThrough(["self"]);
        await Gate.Of("self>self").ArrivalAsync();
        await AdvanceUntilFailed(call, time);
    }

    [Fact]
    public async Task A_cycle_through_a_reentrant_grain_is_found_too()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ICycleGrain>("ra").CallOverReentrant("middle");
        await Gate.Of("over-middle").ArrivalAsync();
        await AdvanceUntilFailed(call, time);
    }

    [Fact]
    public async Task A_call_that_waits_long_behind_another_chain_is_no_deadlock()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var busy = cluster.Grains.GetGrain<ICycleGrain>("busy");
        var first = busy.PassGate("cycle-busy");
        await Gate.Of("cycle-busy").ArrivalAsync();
        var second = cluster.Grains.GetGrain<ICycleGrain>("other").CallThrough(["busy"]);
        await Gate.Of("other>busy").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.False(second.IsCompleted);
        Gate.Of("cycle-busy").Open();
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task An_activation_that_waits_for_itself_fails_within_seconds()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ICycleBornGrain>("born").Ping();
        await Gate.Of("over-born-cycle").ArrivalAsync();
        var error = await AdvanceUntilFailed(call, time);
        Assert.StartsWith("Deadlock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interleaving_call_that_comes_back_behind_another_is_no_deadlock()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ICycleGrain>("behind");
        var busy = grain.PassGate("cycle-behind");
        await Gate.Of("cycle-behind").ArrivalAsync();
        var call = grain.CallOverReentrantInterleaving("behind-middle");
        await Gate.Of("over-behind-middle").ArrivalAsync();
        await StandsFor(TimeSpan.FromSeconds(10), call, time);
        Gate.Of("cycle-behind").Open();
        await Task.WhenAll(busy, call);
    }

    [Fact]
    public async Task A_chain_that_comes_back_through_a_one_way_call_is_no_deadlock()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ICycleGrain>("through");
        var call = grain.CallOneWayThenPassGate("through-middle", "cycle-through");
        await Gate.Of("cycle-through").ArrivalAsync();
        await Gate.Of("over-through-middle").ArrivalAsync();
        await StandsFor(TimeSpan.FromSeconds(10), call, time);
        Gate.Of("cycle-through").Open();
        await call;
        await Gate.Of("back-through-middle").ArrivalAsync();
    }

    [Fact]
    public async Task A_self_call_that_is_not_awaited_is_no_deadlock()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ICycleGrain>("unawaited");
        await grain.CallSelfLater();
        await Gate.Of("later").ArrivalAsync();
    }

    private static async Task StandsFor(TimeSpan span, Task call, ManualTimeProvider time)
    {
        await time.AdvanceUntilAsync(call, TimeSpan.FromMilliseconds(500), span);
        Assert.False(call.IsCompleted);
    }

    private static async Task<TimeoutException> AdvanceUntilFailed(Task call, ManualTimeProvider time)
    {
        // The last call of the chain is made by the grain just after it has come to the gate.
        await time.AdvanceUntilAsync(call, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(4));
        return await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
    }
}

public interface ICycleGrain : IGrainWithStringKey
{
    Task CallThrough(string[] rest);
    Task CallOverReentrant(string middle);
    Task CallSelfLater();
    Task Later();
    Task PassGate(string gate);
    Task CallOneWayThenPassGate(string middle, string gate);

    [AlwaysInterleave]
    Task CallOverReentrantInterleaving(string middle);
}

public sealed class CycleGrain : Grain, ICycleGrain
{
    public async Task CallThrough(string[] rest)
    {
        var path = string.Join('>', rest.Prepend(this.GetPrimaryKeyString()));
        _ = Gate.Of(path.StartsWith("a>", StringComparison.Ordinal) ? "a>b>c>a" : path).PassAsync();
        if (rest is [var next, .. var others])
        {
            await Task.Yield();
            var grain = GrainFactory.GetGrain<ICycleGrain>(next);
            await (others.Length == 0 && string.Equals(next, "busy", StringComparison.Ordinal) ? grain.Later() : grain.CallThrough(others));
        }
    }

    public Task CallOverReentrant(string middle) =>
        GrainFactory.GetGrain<ICycleMiddleGrain>(middle).CallBack(this.GetPrimaryKeyString());

    public Task CallOverReentrantInterleaving(string middle) => CallOverReentrant(middle);

    public async Task CallOneWayThenPassGate(string middle, string gate)
    {
        await GrainFactory.GetGrain<ICycleMiddleGrain>(middle).CallBackOneWay(this.GetPrimaryKeyString());
        await Gate.Of(gate).PassAsync();
    }

    public Task CallSelfLater()
    {
        _ = GrainFactory.GetGrain<ICycleGrain>(this.GetPrimaryKeyString()).Later();
        return Task.CompletedTask;
    }

    public Task Later()
    {
        _ = Gate.Of("later").PassAsync();
        return Task.CompletedTask;
    }

    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();
}

public interface ICycleMiddleGrain : IGrainWithStringKey
{
    Task CallBack(string key);
    Task CallBackBorn(string key);

    [OneWay]
    Task CallBackOneWay(string key);
}

[Reentrant]
public sealed class CycleMiddleGrain : Grain, ICycleMiddleGrain
{
    public async Task CallBack(string key)
    {
        _ = Gate.Of($"over-{this.GetPrimaryKeyString()}").PassAsync();
        await Task.Yield();
        await GrainFactory.GetGrain<ICycleGrain>(key).Later();
    }

    public async Task CallBackBorn(string key)
    {
        _ = Gate.Of($"over-{this.GetPrimaryKeyString()}").PassAsync();
        await GrainFactory.GetGrain<ICycleBornGrain>(key).Ping();
    }

    public async Task CallBackOneWay(string key)
    {
        await CallBack(key);
        _ = Gate.Of($"back-{this.GetPrimaryKeyString()}").PassAsync();
    }
}

public interface ICycleBornGrain : IGrainWithStringKey
{
    Task Ping();
}

/// <summary>Cannot begin, because it calls somebody who calls it.</summary>
public sealed class CycleBornGrain : Grain, ICycleBornGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        GrainFactory.GetGrain<ICycleMiddleGrain>("born-cycle").CallBackBorn(this.GetPrimaryKeyString());

    public Task Ping() => Task.CompletedTask;
}
