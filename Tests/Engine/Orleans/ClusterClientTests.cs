using Hearth.Client;
using Hearth.Client.Cluster;
using Hearth.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hearth.Tests.Engine.Orleans;

/// <summary>An application of its own that embeds the cluster's client: it finds silos and their certificate in the database.</summary>
public sealed class ClusterClientTests
{
    [Fact]
    public async Task An_application_reaches_silos_through_their_gateways_and_goes_on_when_one_is_killed()
    {
        await using var silos = await SiloGroup.NewAsync();
        var (first, _) = await silos.StartOneAsync("a", "--silo-gateway", "0");
        await silos.StartOneAsync("b", "--silo-gateway", "0");
        var builder = Host.CreateApplicationBuilder();
        builder.AddHearthCluster(silos.ConnectionString);
        using var app = builder.Build();
        await app.StartAsync();
        var hearth = app.Services.GetRequiredService<IHearthClient>();

        Assert.Equal(2, (await hearth.ListSilosAsync()).Count);
        var job = await hearth.SubmitAsync("texts", new NewJob("effect", new { key = "before", milliseconds = 0 }));
        Assert.Equal(JobState.Succeeded, (await hearth.WaitAsync(job.Id)).State);
        await first.KillAsync();
        for (var i = 0; i < 20; i++)
        {
            var next = await hearth.SubmitAsync("texts", new NewJob("effect", new { key = $"after {i}", milliseconds = 0 }));
            Assert.Equal(JobState.Succeeded, (await hearth.WaitAsync(next.Id)).State);
        }

        await app.StopAsync();
    }
}
