using System.Net;
using System.Net.Sockets;
using Hearth.Cluster;
using Hearth.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Hearth.Tests.Support;

/// <summary>A host with grains in it, on the engine that the build picked. Started when made; stopped when disposed.</summary>
/// <remarks>
/// Not TestingHost's cluster: it waits on the host's clock, which tests stop. Grains go by the test's clock, all else by the real one.
/// </remarks>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly IHost _host;

    private TestCluster(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();
    public IServiceProvider Services => _host.Services;

    /// <summary>Memory storage is the default provider unless <paramref name="configure"/> registers another.</summary>
    public static async Task<TestCluster> StartAsync(Action<ISiloBuilder>? configure = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(time ?? TimeProvider.System));
        OrleansServices.Add(builder.Services);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0);
            silo.AddPlacementDirector<PoolPlacement, HereDirector>();
            silo.AddPlacementDirector<SiloPlacement, HereDirector>();
            silo.AddMemoryGrainStorageAsDefault();
            configure?.Invoke(silo);
        });
        builder.Logging.ClearProviders();
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    /// <summary>Stops the host, whose services stay usable, so that a test can call what has stopped.</summary>
    public Task StopAsync(CancellationToken cancellation = default) => _host.StopAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        // A test that failed may have left calls that never end.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _host.StopAsync(patience.Token);
        _host.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
