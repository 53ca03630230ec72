using System.Diagnostics;
using System.Threading.Channels;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Hearth.Tests.Engine;

public sealed class CollectionTests
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Grains_are_let_go_after_a_quarter_of_an_hour_unless_told_otherwise()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(TimeSpan.FromMinutes(15), cluster.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value.CollectionAge);
    }

    [Fact]
    public async Task A_grain_that_nobody_calls_for_the_collection_age_is_let_go_and_not_before()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortAge);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("idle");
        var watch = Stopwatch.StartNew();
        var first = await grain.Activation();
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await MortalGrain.EndAsync("idle"));
        // Coarse clocks tick every few milliseconds.
        Assert.True(watch.Elapsed > s_age * 0.9, $"It was let go after {watch.Elapsed}.");
        Assert.NotEqual(first, await grain.Activation());
    }

    [Fact]
    public async Task Collection_age_can_be_set_for_one_class()
    {
        await using var cluster = await TestCluster.StartAsync(silo => silo.Services.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = s_age / 4;
            options.ClassSpecificCollectionAge[typeof(MortalGrain).FullName!] = s_age;
        }));
        var other = cluster.Grains.GetGrain<IBornGrain>("by-class");
        var kept = await other.Activation();
        await cluster.Grains.GetGrain<IMortalGrain>("by-class").Activation();
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await MortalGrain.EndAsync("by-class"));
        Assert.Equal(kept, await other.Activation());
    }

    [Fact]
    public async Task A_delayed_grain_is_spared()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortAge);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("delayed");
        await grain.Delay(TimeSpan.FromHours(2));
        var first = await grain.Activation();
        await IdleGrainsGoAsync(cluster, "beside-delayed");
        Assert.Equal(first, await grain.Activation());
    }

    [Fact]
    public async Task A_delay_may_be_for_ever_and_can_be_taken_back()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortAge);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("taken-back");
        await grain.Delay(TimeSpan.MaxValue);
        var first = await grain.Activation();
        await IdleGrainsGoAsync(cluster, "beside-taken-back");
        Assert.Equal(first, await grain.Activation());
        await grain.Delay(TimeSpan.Zero);
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await MortalGrain.EndAsync("taken-back"));
    }

    [Fact]
    public async Task A_grain_is_not_idle_while_a_call_runs_and_its_age_counts_from_the_calls_end()
    {
        await using var cluster = await TestCluster.StartAsync(WithShortAge);
        var grain = cluster.Grains.GetGrain<IMortalGrain>("long-call");
        var end = MortalGrain.EndAsync("long-call");
        var call = grain.PassGate("long-call");
        await Gate.Of("long-call").ArrivalAsync();
        await IdleGrainsGoAsync(cluster, "beside-long-call");
        Assert.False(end.IsCompleted);
        var watch = Stopwatch.StartNew();
        Gate.Of("long-call").Open();
        await call;
        await end;
        Assert.True(watch.Elapsed > s_age * 0.9, $"It was let go {watch.Elapsed} after the call.");
    }

    [Fact]
    public async Task DeactivateOnIdle_ends_the_activation_after_the_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMortalGrain>("asked");
        var first = await grain.Activation();
        Assert.Equal(first, await grain.End());
        Assert.Equal(DeactivationReasonCode.ApplicationRequested, await MortalGrain.EndAsync("asked"));
        Assert.NotEqual(first, await grain.Activation());
    }

    [Fact]
    public async Task DeactivateOnIdle_waits_for_the_calls_that_run()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMortalGrain>("asked-early");
        var call = grain.EndThenPassGate("asked-early");
        await Gate.Of("asked-early").ArrivalAsync();
        var end = MortalGrain.EndAsync("asked-early");
        await Gate.StaysOpen(end);
        Gate.Of("asked-early").Open();
        await call;
        Assert.Equal(DeactivationReasonCode.ApplicationRequested, await end);
    }

    // On Orleans such a call waits for the next activation, and the two for one another.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task A_grain_that_is_to_end_still_takes_the_calls_that_its_own_wait_for()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMortalGrain>("called-back");
        Assert.Equal(await grain.Activation(), await grain.EndThenBeCalledBack("caller-back").WaitAsync(Gate.Patience));
    }

    [Fact]
    public async Task Calls_that_come_during_deactivation_go_to_the_next_activation_which_starts_after_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMortalGrain>("slow-end");
        var first = await grain.End();
        await Gate.Of("slow-end").ArrivalAsync();
        var calls = Enumerable.Range(0, 10).Select(_ => grain.Activation()).ToArray();
        var others = Enumerable.Range(0, 10).Select(_ => cluster.Grains.GetGrain<IMortalGrain>("slow-end").Activation()).ToArray();
        await Gate.StaysOpen(calls[0]);
        Gate.Of("slow-end").Open();
        var answers = await Task.WhenAll(calls.Concat(others));
        Assert.Single(answers.Distinct());
        Assert.NotEqual(first, answers[0]);
        Assert.Equal(1, MortalGrain.MostAlive("slow-end"));
    }

    [Fact]
    public async Task No_call_is_lost_and_no_two_activations_live_at_once_while_a_grain_keeps_ending()
    {
        await using var cluster = await TestCluster.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                var grain = cluster.Grains.GetGrain<IMortalGrain>("churn");
                await (i % 5 == 0 ? grain.End() : grain.Activation()).WaitAsync(Gate.Patience);
            }
        })));
        Assert.Equal(1, MortalGrain.MostAlive("churn"));
    }

    private static void WithShortAge(ISiloBuilder silo) => silo.Services.Configure<GrainCollectionOptions>(options =>
        (options.CollectionAge, options.CollectionQuantum) = (s_age, s_age / 4));

    /// <summary>Waits until a grain that comes now and is not called again has been let go: all that were idle before have been looked at.</summary>
    private static async Task IdleGrainsGoAsync(TestCluster cluster, string key)
    {
        await cluster.Grains.GetGrain<IMortalGrain>(key).Activation();
        Assert.Equal(DeactivationReasonCode.ActivationIdle, await MortalGrain.EndAsync(key));
    }
}

public interface IMortalGrain : IGrainWithStringKey
{
    Task<Guid> Activation();
    Task<Guid> End();
    Task Delay(TimeSpan time);
    Task<Guid> PassGate(string gate);
    Task EndThenPassGate(string gate);
    Task<Guid> EndThenBeCalledBack(string over);
    Task<Guid> CallBack(string key);

    [AlwaysInterleave]
    Task<Guid> InterleavingActivation();
}

public sealed class MortalGrain : Grain, IMortalGrain
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, Channel<DeactivationReasonCode>> s_ends = new(StringComparer.Ordinal);
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, int[]> s_alive = new(StringComparer.Ordinal);
    private readonly Guid _id = Guid.NewGuid();

    private string Key => this.GetPrimaryKeyString();

    public static async Task<DeactivationReasonCode> EndAsync(string key) =>
        await Ends(key).Reader.ReadAsync().AsTask().WaitAsync(Gate.Patience);

    public static int MostAlive(string key) => s_alive[key][1];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var alive = s_alive.GetOrAdd(Key, static _ => new int[2]);
        alive[1] = Math.Max(alive[1], Interlocked.Increment(ref alive[0]));
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (string.Equals(Key, "slow-end", StringComparison.Ordinal))
            await Gate.Of(Key).PassAsync();
        await Task.Yield();
        Interlocked.Decrement(ref s_alive[Key][0]);
        Ends(Key).Writer.TryWrite(reason.ReasonCode);
    }

    public Task<Guid> Activation() => Task.FromResult(_id);

    public Task<Guid> End()
    {
        DeactivateOnIdle();
        return Task.FromResult(_id);
    }

    public async Task<Guid> PassGate(string gate)
    {
        await Gate.Of(gate).PassAsync();
        return _id;
    }

    public async Task EndThenPassGate(string gate)
    {
        DeactivateOnIdle();
        await Gate.Of(gate).PassAsync();
    }

    public Task<Guid> EndThenBeCalledBack(string over)
    {
        DeactivateOnIdle();
        return GrainFactory.GetGrain<IMortalGrain>(over).CallBack(Key);
    }

    public Task<Guid> CallBack(string key) => GrainFactory.GetGrain<IMortalGrain>(key).InterleavingActivation();
    public Task<Guid> InterleavingActivation() => Activation();

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    private static Channel<DeactivationReasonCode> Ends(string key) =>
        s_ends.GetOrAdd(key, static _ => Channel.CreateUnbounded<DeactivationReasonCode>());
}
