using Hearth.Client;
using Hearth.Client.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Orleans;

namespace Hearth.Tests.Client;

/// <summary>The contract over grains.</summary>
public sealed class GrainClientTests : ClientContract, IClassFixture<ClientSilo>, IDisposable
{
    private readonly ServiceProvider services;

    public GrainClientTests(ClientSilo silo)
        : base(silo)
    {
        services = new ServiceCollection()
            .AddSingleton(silo.Application.Web.Services.GetRequiredService<IGrainFactory>())
            .AddHearthClusterClient()
            .BuildServiceProvider();
        Client = services.GetRequiredService<IHearthClient>();
    }

    protected override IHearthClient Client { get; }

    [Fact]
    public async Task What_is_too_large_for_a_grain_is_refused_before_it_is_sent()
    {
        var error = await Assert.ThrowsAsync<HearthUnreachableException>(() => Client.CallAsync("compress", new Payload("application/octet-stream", new byte[(32 << 20) + 1])));
        Assert.Contains("32 MiB", error.InnerException!.Message, StringComparison.Ordinal);
    }

    public void Dispose() => services.Dispose();
}
