using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>When idle grains go, exactly: by a clock that the test moves, where Orleans has the real one. What both promise is in CollectionTests.</summary>
public sealed class CollectionClockTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_grain_that_nobody_calls_for_the_collection_age_is_let_go()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("clock-idle");
        var first = await grain.Activation();
        time.Advance(s_minute * 14);
        Assert.Equal(first, await grain.Activation());
        var end = MortalGrain.EndAsync("clock-idle");
        await time.AdvanceUntilAsync(end, s_minute, s_minute * 30);
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await end);
        Assert.NotEqual(first, await grain.Activation());
    }

    [Fact]
    public async Task Collection_age_can_be_set_for_one_class()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<GrainCollectionOptions>(options =>
                options.ClassSpecificCollectionAge[typeof(MortalGrain).FullName!] = s_minute * 2), time);
        await cluster.Grains.GetGrain<IMortalGrain>("clock-by-class").Activation();
        var end = MortalGrain.EndAsync("clock-by-class");
        await time.AdvanceUntilAsync(end, s_minute, s_minute * 10);
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await end);
    }

    [Fact]
    public async Task A_delayed_grain_is_spared()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("clock-delayed");
        var first = await grain.Activation();
        await grain.Delay(TimeSpan.FromHours(2));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(first, await grain.Activation());
    }

    [Fact]
    public async Task A_delay_may_be_for_ever_and_can_be_taken_back()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("clock-taken-back");
        var first = await grain.Activation();
        await grain.Delay(TimeSpan.MaxValue);
        time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(first, await grain.Activation());
        await grain.Delay(TimeSpan.Zero);
        var end = MortalGrain.EndAsync("clock-taken-back");
        await time.AdvanceUntilAsync(end, s_minute, s_minute * 30);
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await end);
    }

    [Fact]
    public async Task A_grain_is_not_idle_while_a_call_runs_and_its_age_counts_from_the_calls_end()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromHours(5)), time);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("clock-long-call");
        var call = grain.PassGate("clock-long-call");
        await Gate.Of("clock-long-call").ArrivalAsync();
        time.Advance(s_minute * 20);
        Gate.Of("clock-long-call").Open();
        var first = await call;
        time.Advance(s_minute * 10);
        Assert.Equal(first, await grain.Activation());
    }

    [Fact]
    public async Task Ticks_do_not_keep_an_idle_grain()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("clock-unkept");
        var first = await grain.Start(new(s_minute, s_minute), "clock-unkept");
        for (var i = 0; i < 15; i++)
        {
            time.Advance(s_minute);
            await Task.WhenAny(TimerGrain.TickAsync("clock-unkept"), Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
        }
        time.Advance(s_minute);
        Assert.NotEqual(first, await grain.Activation());
    }

    [Fact]
    public async Task Ticks_with_KeepAlive_keep_an_idle_grain()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("clock-kept");
        var first = await grain.Start(new(s_minute, s_minute) { KeepAlive = true }, "clock-kept");
        for (var i = 0; i < 20; i++)
        {
            var tick = TimerGrain.TickAsync("clock-kept");
            await time.AdvanceUntilAsync(tick, s_minute, s_minute * 10);
            await tick;
        }
        Assert.Equal(first, await grain.Activation());
    }
}
