using System.Threading.Channels;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class TimerTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_timer_ticks_when_due_and_then_once_a_period()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("ticks");
        await grain.Start(new(s_second * 5, s_second), "ticks");
        time.Advance(s_second * 5);
        await TimerGrain.TickAsync("ticks");
        await grain.Ping();
        time.Advance(s_second);
        await TimerGrain.TickAsync("ticks");
    }

    [Fact]
    public async Task A_tick_waits_until_the_running_call_ends()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("waits");
        await grain.Start(new(s_second, s_second), "waits");
        var busy = grain.PassGate("timer-waits");
        await Gate.Of("timer-waits").ArrivalAsync();
        time.Advance(s_second);
        await grain.Fence();
        Assert.False(TimerGrain.HasTicked("waits"));
        Gate.Of("timer-waits").Open();
        await busy;
        await TimerGrain.TickAsync("waits");
    }

    [Fact]
    public async Task An_interleaving_tick_enters_a_busy_grain()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("enters");
        await grain.Start(new(s_second, s_second) { Interleave = true }, "enters");
        var busy = grain.PassGate("timer-enters");
        await Gate.Of("timer-enters").ArrivalAsync();
        time.Advance(s_second);
        await TimerGrain.TickAsync("enters");
        Gate.Of("timer-enters").Open();
        await busy;
    }

    [Fact]
    public async Task A_failing_tick_does_not_stop_the_timer()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("fails");
        await grain.Start(new(s_second, s_second), "fails");
        for (var i = 0; i < 3; i++)
        {
            time.Advance(s_second);
            await TimerGrain.TickAsync("fails");
            await grain.Ping();
        }
    }

    [Fact]
    public async Task A_disposed_timer_ticks_no_more_and_its_token_is_cancelled()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("stops");
        await grain.Start(new(s_second, s_second), "stops");
        time.Advance(s_second);
        var token = await TimerGrain.TickAsync("stops");
        await grain.Stop();
        Assert.True(token.IsCancellationRequested);
        time.Advance(s_second * 10);
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("stops"));
    }

    [Fact]
    public async Task A_tick_that_waits_when_its_timer_is_disposed_is_the_last_and_sees_its_token_cancelled()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("last");
        await grain.Start(new(s_second, s_second), "last");
        var busy = grain.PassGateAndStop("timer-last");
        await Gate.Of("timer-last").ArrivalAsync();
        time.Advance(s_second);
        Gate.Of("timer-last").Open();
        await busy;
        await grain.Ping();
        Assert.True(!TimerGrain.HasTicked("last") || (await TimerGrain.TickAsync("last")).IsCancellationRequested, "It does not know.");
        time.Advance(s_second * 10);
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("last"));
    }

    // Orleans runs a tick that waits already.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task A_tick_that_waits_when_its_timer_is_disposed_does_not_run()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("too-late");
        await grain.Start(new(s_second, s_second), "too-late");
        var busy = grain.PassGateAndStop("timer-too-late");
        await Gate.Of("timer-too-late").ArrivalAsync();
        time.Advance(s_second);
        Gate.Of("timer-too-late").Open();
        await busy;
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("too-late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_period_counts_from_the_end_of_a_tick_so_ticks_never_overlap(bool interleave)
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var key = $"slow-tick-{interleave}";
        var grain = cluster.Grains.GetGrain<ITimerGrain>(key);
        await grain.Start(new(s_second, s_second) { Interleave = interleave, Gate = key }, key);
        time.Advance(s_second);
        await TimerGrain.TickAsync(key);
        time.Advance(s_second * 10);
        await grain.Fence();
        Assert.False(TimerGrain.HasTicked(key));
        Gate.Of(key).Open();
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked(key));
        await time.AdvanceUntilAsync(TimerGrain.TickAsync(key), s_second, s_second * 10);
    }

    [Fact]
    public async Task Change_during_a_tick_counts_from_its_end_and_never_makes_a_second_one_beside_it()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("changed-within");
        await grain.Start(new(s_second, s_second) { Interleave = true, Gate = "changed-within" }, "changed-within");
        time.Advance(s_second);
        await TimerGrain.TickAsync("changed-within");
        await grain.Change(s_second * 5, s_second);
        time.Advance(s_second * 20);
        await grain.Fence();
        Assert.False(TimerGrain.HasTicked("changed-within"));
        Gate.Of("changed-within").Open();
        // The tick ends in the grain's turn after this one; only then does the new time begin.
        await grain.Ping();
        await grain.Ping();
        time.Advance(s_second * 4);
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("changed-within"));
        await time.AdvanceUntilAsync(TimerGrain.TickAsync("changed-within"), s_second, s_second * 10);
    }

    [Fact]
    public async Task A_negative_time_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ITimerGrain>("negative");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.Start(new(-s_second, s_second), "negative"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => grain.Start(new(s_second, -s_second), "negative"));
    }

    [Fact]
    public async Task Ticks_with_KeepAlive_keep_an_idle_grain_and_others_do_not()
    {
        // Long enough that no tick is so late, even on a busy machine.
        var age = TimeSpan.FromSeconds(5);
        await using var cluster = await TestCluster.StartAsync(silo => silo.Services.Configure<GrainCollectionOptions>(options =>
            (options.CollectionAge, options.CollectionQuantum) = (age, age / 10)));
        var kept = cluster.Grains.GetGrain<ITimerGrain>("kept");
        var unkept = cluster.Grains.GetGrain<ITimerGrain>("unkept");
        var first = await kept.Start(new(s_second / 10, s_second / 10) { KeepAlive = true }, "kept");
        var other = await unkept.Start(new(s_second / 10, s_second / 10), "unkept");
        await CancelledAsync(await TimerGrain.TickAsync("unkept"));
        Assert.NotEqual(other, await unkept.Activation());
        Assert.Equal(first, await kept.Activation());
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("ends");
        await grain.Start(new(s_second, s_second), "ends");
        time.Advance(s_second);
        var token = await TimerGrain.TickAsync("ends");
        await grain.End();
        await grain.Ping();
        Assert.True(token.IsCancellationRequested);
        time.Advance(s_second * 10);
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("ends"));
    }

    [Fact]
    public async Task Change_sets_a_new_due_time_and_period()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ITimerGrain>("changes");
        await grain.Start(new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), "changes");
        time.Advance(TimeSpan.FromMinutes(10));
        await grain.Ping();
        Assert.False(TimerGrain.HasTicked("changes"));
        await grain.Change(s_second, s_second * 2);
        time.Advance(s_second);
        await TimerGrain.TickAsync("changes");
        await grain.Ping();
        time.Advance(s_second * 2);
        await TimerGrain.TickAsync("changes");
    }

    private static async Task CancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(Gate.Patience, CancellationToken.None);
    }
}

public interface ITimerGrain : IGrainWithStringKey
{
    Task<Guid> Start([Immutable] TimerTimes times, string channel);
    Task<Guid> Activation();
    Task Change(TimeSpan due, TimeSpan period);
    Task Stop();
    Task End();
    Task Ping();
    Task PassGate(string gate);
    Task PassGateAndStop(string gate);

    [AlwaysInterleave]
    Task Fence();
}

[GenerateSerializer, Immutable]
public sealed record TimerTimes([property: Id(0)] TimeSpan Due, [property: Id(1)] TimeSpan Period)
{
    [Id(2)]
    public bool Interleave { get; init; }

    [Id(3)]
    public bool KeepAlive { get; init; }

    /// <summary>Where ticks wait.</summary>
    [Id(4)]
    public string? Gate { get; init; }
}

public sealed class TimerGrain : Grain, ITimerGrain
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, Channel<CancellationToken>> s_ticks = new(StringComparer.Ordinal);
    private readonly Guid _id = Guid.NewGuid();
    private IGrainTimer? _timer;

    public static async Task<CancellationToken> TickAsync(string channel) =>
        await Ticks(channel).Reader.ReadAsync().AsTask().WaitAsync(Gate.Patience);

    public static bool HasTicked(string channel) => Ticks(channel).Reader.TryPeek(out _);

    public Task<Guid> Start(TimerTimes times, string channel)
    {
        _timer = this.RegisterGrainTimer(
            (name, token) =>
            {
                Ticks(name).Writer.TryWrite(token);
                if (times.Gate is { } gate)
                    return Gate.Of(gate).PassAsync();
                return string.Equals(name, "fails", StringComparison.Ordinal) ? throw new FormatException("tick") : Task.CompletedTask;
            },
            channel,
            new GrainTimerCreationOptions(times.Due, times.Period) { Interleave = times.Interleave, KeepAlive = times.KeepAlive });
        return Activation();
    }

    public Task<Guid> Activation() => Task.FromResult(_id);

    public Task Change(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Ping() => Task.CompletedTask;
    public Task Fence() => Task.CompletedTask;
    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();

    public async Task PassGateAndStop(string gate)
    {
        await PassGate(gate);
        await Stop();
    }

    private static Channel<CancellationToken> Ticks(string channel) =>
        s_ticks.GetOrAdd(channel, static _ => Channel.CreateUnbounded<CancellationToken>());
}
