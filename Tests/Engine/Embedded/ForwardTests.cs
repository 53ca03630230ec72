using Hearth.Tests.Support;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded;

public sealed class ForwardTests
{
    [Fact]
    public async Task A_call_to_a_grain_that_ends_whenever_it_begins_is_refused_at_last()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<IEphemeralGrain>("gone").Ping();
        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => call.WaitAsync(Gate.Patience));
    }

    [Fact]
    public async Task Calls_that_wait_when_the_host_stops_are_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ISlowGrain>("waiting-at-stop");
        var running = grain.PassGate("waiting-at-stop");
        await Gate.Of("waiting-at-stop").ArrivalAsync();
        var waiting = grain.Ping();
        var stop = cluster.StopAsync();
        Gate.Of("waiting-at-stop").Open();
        await running;
        await Assert.ThrowsAsync<SiloUnavailableException>(() => waiting.WaitAsync(Gate.Patience));
        await stop;
    }

    [Fact]
    public async Task A_running_call_may_call_a_grain_that_is_just_ending_when_the_host_stops()
    {
        await using var cluster = await TestCluster.StartAsync();
        var busy = cluster.Grains.GetGrain<ILeavingGrain>("busy-at-stop");
        await cluster.Grains.GetGrain<ILeavingGrain>("slow-to-leave").Ping();
        var running = busy.PassGateThenCall("busy-at-stop", "slow-to-leave");
        await Gate.Of("busy-at-stop").ArrivalAsync();
        var stop = cluster.StopAsync();
        await Gate.Of("slow-to-leave").ArrivalAsync();
        Gate.Of("busy-at-stop").Open();
        await Gate.Of("busy-at-stop-calls").ArrivalAsync();
        Gate.Of("slow-to-leave").Open();
        await running.WaitAsync(Gate.Patience);
        await Gate.EndOf(stop);
    }

    [Fact]
    public async Task A_grain_that_ends_when_the_host_stops_may_call_another_which_then_ends_too()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Grains.GetGrain<ILeavingGrain>("farewell").Ping();
        await cluster.StopAsync();
        await Gate.Of("farewell-answered").ArrivalAsync();
        Assert.Equal(DeactivationReasonCode.ShuttingDown, await MortalGrain.EndAsync("farewell"));
    }
}

public interface ILeavingGrain : IGrainWithStringKey
{
    Task Ping();
    Task PassGateThenCall(string gate, string key);
}

/// <summary>Calls others when the host stops, or takes its time.</summary>
public sealed class LeavingGrain : Grain, ILeavingGrain
{
    public Task Ping() => Task.CompletedTask;

    public async Task PassGateThenCall(string gate, string key)
    {
        await Gate.Of(gate).PassAsync();
        var call = GrainFactory.GetGrain<ILeavingGrain>(key).Ping();
        _ = Gate.Of($"{gate}-calls").PassAsync();
        await call;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (string.Equals(key, "slow-to-leave", StringComparison.Ordinal))
            await Gate.Of(key).PassAsync();
        if (string.Equals(key, "farewell", StringComparison.Ordinal))
        {
            await GrainFactory.GetGrain<IMortalGrain>(key).Activation();
            _ = Gate.Of("farewell-answered").PassAsync();
        }
    }
}

public interface IEphemeralGrain : IGrainWithStringKey
{
    Task Ping();
}

public sealed class EphemeralGrain : Grain, IEphemeralGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Ping() => Task.CompletedTask;
}
