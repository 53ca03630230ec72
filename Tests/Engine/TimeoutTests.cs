using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;

namespace Hearth.Tests.Engine;

public sealed class TimeoutTests
{
    [Fact]
    public async Task A_call_that_is_not_answered_within_thirty_seconds_times_out()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ISlowGrain>("default");
        // It has had nothing to do for a while; that must not keep its later calls from being watched.
        await grain.Ping();
        await time.AdvanceUntilAsync(new TaskCompletionSource().Task, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1));
        var call = grain.PassGate("slow-default");
        await Gate.Of("slow-default").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Gate.Of("slow-default").Open();
    }

    [Fact]
    public async Task A_method_may_have_a_timeout_of_its_own()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ISlowGrain>("own").PassGateQuickly("slow-own");
        await Gate.Of("slow-own").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Gate.Of("slow-own").Open();
    }

    [Fact]
    public async Task The_silo_may_have_another_default()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(5)), time);
        var call = cluster.Grains.GetGrain<ISlowGrain>("silo").PassGate("slow-silo");
        await Gate.Of("slow-silo").ArrivalAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(call.IsCompleted);
        Gate.Of("slow-silo").Open();
        await call;
    }

    [Fact]
    public async Task A_queued_call_that_timed_out_never_runs()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ISlowGrain>("never");
        var busy = grain.PassGate("slow-never");
        await Gate.Of("slow-never").ArrivalAsync();
        var queued = grain.PassGateQuickly("slow-never-second");
        time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(queued));
        Gate.Of("slow-never").Open();
        await busy;
        await grain.Ping();
        Assert.True(Gate.Of("slow-never-second").NobodyElseCame);
    }

    [Fact]
    public async Task A_one_way_call_returns_at_once_and_its_failure_reaches_nobody()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ISlowGrain>("one-way");
        var call = grain.FailOneWay("one-way");
        Assert.True(call.IsCompletedSuccessfully);
        await Gate.Of("one-way").ArrivalAsync();
        Gate.Of("one-way").Open();
        await grain.Ping();
    }
}

public interface ISlowGrain : IGrainWithStringKey
{
    Task PassGate(string gate);

    [ResponseTimeout("00:00:05")]
    Task PassGateQuickly(string gate);

    [OneWay]
    Task FailOneWay(string gate);

    Task Ping();
}

public sealed class SlowGrain : Grain, ISlowGrain
{
    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();
    public Task PassGateQuickly(string gate) => Gate.Of(gate).PassAsync();

    public async Task FailOneWay(string gate)
    {
        await Gate.Of(gate).PassAsync();
        throw new FormatException("nobody hears this");
    }

    public Task Ping() => Task.CompletedTask;
}
