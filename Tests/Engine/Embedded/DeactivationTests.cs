using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>What becomes of calls to a grain that is to end but still has calls running.</summary>
public sealed class DeactivationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_call_goes_to_the_next_activation(bool interleaving)
    {
        await using var cluster = await TestCluster.StartAsync();
        var key = $"next-{interleaving}";
        var grain = cluster.Grains.GetGrain<IEndingGrain>(key);
        var running = grain.EndThenPassGate(key);
        await Gate.Of(key).ArrivalAsync();
        var late = interleaving ? grain.Interleaving() : grain.Exclusive();
        await Gate.StaysOpen(late);
        Gate.Of(key).Open();
        Assert.NotEqual(await running, await late);
    }

    [Theory]
    [InlineData("Interleaving")]
    [InlineData("ReadOnly")]
    [InlineData("Exclusive")]
    public async Task A_call_that_a_running_one_waits_for_gets_in_past_those_that_must_wait(string method)
    {
        await using var cluster = await TestCluster.StartAsync();
        var key = $"past-{method}";
        var grain = cluster.Grains.GetGrain<IEndingGrain>(key);
        var running = grain.EndThenBeCalledBack(method);
        await Gate.Of($"{key}-other").ArrivalAsync();
        Task<Guid>[] strangers = [grain.Interleaving(), grain.ReadOnly(), grain.Exclusive()];
        Gate.Of($"{key}-other").Open();
        var first = await running.WaitAsync(Gate.Patience);
        foreach (var stranger in strangers)
            Assert.NotEqual(first, await stranger.WaitAsync(Gate.Patience));
    }

    [Fact]
    public async Task A_grain_that_will_not_end_is_left_behind_in_the_end()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromHours(1)), time);
        var grain = cluster.Grains.GetGrain<IClingingGrain>("clinging");
        var first = await grain.End();
        await Gate.Of("clinging").ArrivalAsync();
        var next = grain.End();
        time.Advance(TimeSpan.FromSeconds(34));
        await Gate.StaysOpen(next);
        // The time that it gets may count from a moment after it has come to the gate.
        await time.AdvanceUntilAsync(next, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.NotEqual(first, await next.WaitAsync(Gate.Patience));
        Gate.Of("clinging").Open();
    }
}

public interface IClingingGrain : IGrainWithStringKey
{
    Task<Guid> End();
}

/// <summary>Does not mind that the time for its end is over.</summary>
public sealed class ClingingGrain : Grain, IClingingGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        Gate.Of(this.GetPrimaryKeyString()).PassAsync();

    public Task<Guid> End()
    {
        DeactivateOnIdle();
        return Task.FromResult(_id);
    }
}

public interface IEndingGrain : IGrainWithStringKey
{
    [AlwaysInterleave]
    Task<Guid> EndThenPassGate(string gate);

    /// <summary>Returns the id that the call back got.</summary>
    [AlwaysInterleave]
    Task<Guid> EndThenBeCalledBack(string method);

    Task<Guid> CallBack(string key, string method);

    [AlwaysInterleave]
    Task<Guid> Interleaving();

    [ReadOnly]
    Task<Guid> ReadOnly();

    Task<Guid> Exclusive();
}

public sealed class EndingGrain : Grain, IEndingGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public async Task<Guid> EndThenPassGate(string gate)
    {
        DeactivateOnIdle();
        await Gate.Of(gate).PassAsync();
        return _id;
    }

    public Task<Guid> EndThenBeCalledBack(string method)
    {
        DeactivateOnIdle();
        var key = this.GetPrimaryKeyString();
        return GrainFactory.GetGrain<IEndingGrain>($"{key}-other").CallBack(key, method);
    }

    public async Task<Guid> CallBack(string key, string method)
    {
        await Gate.Of(this.GetPrimaryKeyString()).PassAsync();
        var grain = GrainFactory.GetGrain<IEndingGrain>(key);
        return await (method switch
        {
            "Interleaving" => grain.Interleaving(),
            "ReadOnly" => grain.ReadOnly(),
            _ => grain.Exclusive(),
        });
    }

    public Task<Guid> Interleaving() => Task.FromResult(_id);
    public Task<Guid> ReadOnly() => Task.FromResult(_id);
    public Task<Guid> Exclusive() => Task.FromResult(_id);
}
