using System.Diagnostics;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Hearth.Tests.Engine;

/// <summary>By the real clock, which is the only one that Orleans watches calls by.</summary>
public sealed class TimeoutTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    /// <summary>Engines count in milliseconds, and may begin between two.</summary>
    private static readonly TimeSpan s_notBefore = s_short * 0.9;

    [Fact]
    public async Task Calls_have_thirty_seconds_unless_told_otherwise()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(TimeSpan.FromSeconds(30), cluster.Services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value.ResponseTimeout);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_in_the_silos_time_times_out_and_not_before()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortTimeout);
        var grain = cluster.Grains.GetGrain<ISlowGrain>("silo");
        // It has had nothing to do for a while; that must not keep its later calls from being watched.
        await grain.Ping();
        await Task.Delay(s_short * 1.5, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        var call = grain.PassGate("slow-silo");
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Assert.True(watch.Elapsed >= s_notBefore, $"It timed out after {watch.Elapsed}.");
        Gate.Of("slow-silo").Open();
    }

    [Fact]
    public async Task A_method_may_have_a_shorter_time_of_its_own()
    {
        await using var cluster = await TestCluster.StartAsync();
        var watch = Stopwatch.StartNew();
        var call = cluster.Grains.GetGrain<ISlowGrain>("shorter").PassGateQuickly("slow-shorter");
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Assert.True(watch.Elapsed >= s_notBefore, $"It timed out after {watch.Elapsed}.");
        Gate.Of("slow-shorter").Open();
    }

    [Fact]
    public async Task A_method_may_have_a_longer_time_of_its_own()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortTimeout);
        var call = cluster.Grains.GetGrain<ISlowGrain>("longer").PassGateSlowly("slow-longer");
        // One that came later and has the silo's time has ended.
        var other = cluster.Grains.GetGrain<ISlowGrain>("not-longer").PassGate("slow-not-longer");
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(other));
        Assert.False(call.IsCompleted);
        Gate.Of("slow-longer").Open();
        Gate.Of("slow-not-longer").Open();
        await call;
    }

    [Fact]
    public async Task A_queued_call_that_timed_out_never_runs()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ISlowGrain>("never");
        var busy = grain.PassGateSlowly("slow-never");
        await Gate.Of("slow-never").ArrivalAsync();
        var queued = grain.PassGateQuickly("slow-never-second");
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

    private static void WithShortTimeout(ISiloBuilder silo) => silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = s_short);
}

public interface ISlowGrain : IGrainWithStringKey
{
    Task PassGate(string gate);

    [ResponseTimeout("00:00:01")]
    Task PassGateQuickly(string gate);

    [ResponseTimeout("00:05:00")]
    Task PassGateSlowly(string gate);

    [OneWay]
    Task FailOneWay(string gate);

    Task Ping();
}

public sealed class SlowGrain : Grain, ISlowGrain
{
    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();
    public Task PassGateQuickly(string gate) => Gate.Of(gate).PassAsync();
    public Task PassGateSlowly(string gate) => Gate.Of(gate).PassAsync();

    public async Task FailOneWay(string gate)
    {
        await Gate.Of(gate).PassAsync();
        throw new FormatException("nobody hears this");
    }

    public Task Ping() => Task.CompletedTask;
}
