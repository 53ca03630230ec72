using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class HostingTests
{
    [Fact]
    public async Task Stopping_the_host_ends_every_activation()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var key in new[] { "stop1", "stop2" })
            await cluster.Grains.GetGrain<IMortalGrain>(key).Activation();
        await cluster.StopAsync();
        Assert.Equal(DeactivationReasonCode.ShuttingDown, await MortalGrain.EndAsync("stop1"));
        Assert.Equal(DeactivationReasonCode.ShuttingDown, await MortalGrain.EndAsync("stop2"));
    }

    [Fact]
    public async Task A_call_after_the_stop_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IMortalGrain>("refused");
        await grain.Activation();
        await cluster.StopAsync();
        await Assert.ThrowsAnyAsync<OrleansException>(grain.Activation);
    }

    [Fact]
    public async Task A_running_call_ends_before_its_grain_does_when_the_host_stops()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<ISlowGrain>("stopping").PassGate("stopping");
        await Gate.Of("stopping").ArrivalAsync();
        var stop = cluster.StopAsync();
        Assert.False(stop.IsCompleted);
        Gate.Of("stopping").Open();
        await call;
        await stop;
    }

    [Fact]
    public async Task A_stop_does_not_wait_longer_than_its_token_allows()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<ISlowGrain>("stuck").PassGate("stuck");
        await Gate.Of("stuck").ArrivalAsync();
        await cluster.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Gate.Patience);
        await Assert.ThrowsAnyAsync<OrleansException>(() => call.WaitAsync(Gate.Patience));
        Gate.Of("stuck").Open();
    }

    [Fact]
    public async Task Services_are_injected_into_a_grain_and_scoped_ones_live_as_long_as_the_activation()
    {
        await using var cluster = await TestCluster.StartAsync(silo => silo.Services.AddScoped<PerActivation>());
        var grain = cluster.Grains.GetGrain<IInjectedGrain>("injected");
        var service = InjectedGrain.Last(await grain.Number());
        Assert.Equal("injected", service.Key);
        Assert.False(service.IsDisposed);
        await cluster.StopAsync();
        Assert.True(service.IsDisposed);
    }

    [Fact]
    public async Task The_cluster_client_is_a_grain_factory()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = cluster.Services.GetRequiredService<IClusterClient>();
        Assert.NotEqual(Guid.Empty, await client.GetGrain<IMortalGrain>("client").Activation());
    }
}

/// <summary>A service that learns whom it was made for.</summary>
public sealed class PerActivation(IGrainContext context) : IDisposable
{
    public string Key { get; } = context.GrainId.Key.ToString();
    public bool IsDisposed { get; private set; }
    public void Dispose() => IsDisposed = true;
}

public interface IInjectedGrain : IGrainWithStringKey
{
    Task<int> Number();
}

public sealed class InjectedGrain(PerActivation service) : Grain, IInjectedGrain
{
    private static readonly List<PerActivation> s_services = [];

    public static PerActivation Last(int number) => s_services[number];

    public Task<int> Number()
    {
        s_services.Add(service);
        return Task.FromResult(s_services.Count - 1);
    }
}
