using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>When calls time out, exactly: by a clock that the test moves, where Orleans has the real one. What both promise is in TimeoutTests.</summary>
public sealed class TimeoutClockTests
{
    [Fact]
    public async Task A_call_that_is_not_answered_within_thirty_seconds_times_out()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ISlowGrain>("clock-default");
        // It has had nothing to do for a while; that must not keep its later calls from being watched.
        await grain.Ping();
        await time.AdvanceUntilAsync(new TaskCompletionSource().Task, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1));
        var call = grain.PassGate("slow-clock-default");
        await Gate.Of("slow-clock-default").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Gate.Of("slow-clock-default").Open();
    }

    [Fact]
    public async Task A_method_may_have_a_timeout_of_its_own()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ISlowGrain>("clock-own").PassGateQuickly("slow-clock-own");
        await Gate.Of("slow-clock-own").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Gate.Of("slow-clock-own").Open();
    }

    [Fact]
    public async Task The_silo_may_have_another_default()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromMinutes(5)), time);
        var call = cluster.Grains.GetGrain<ISlowGrain>("clock-silo").PassGate("slow-clock-silo");
        await Gate.Of("slow-clock-silo").ArrivalAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(call.IsCompleted);
        Gate.Of("slow-clock-silo").Open();
        await call;
    }
}
