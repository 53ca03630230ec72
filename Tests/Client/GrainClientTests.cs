using System.Collections.Immutable;
using System.Text.Json;
using Hearth.Client;
using Hearth.Client.Cluster;
using Hearth.InProcess;
using Hearth.Requests;
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

    [Fact]
    public async Task A_silo_that_has_not_started_says_so_as_it_says_other_problems()
    {
        var handler = new RequestHandler(services.GetRequiredService<IServiceScopeFactory>());
        var answer = await handler.AnswerAsync(new ApiRequest("GET", "/v1/queues", ImmutableDictionary<string, string>.Empty, default), CancellationToken.None);
        Assert.Equal((503, "application/problem+json", "1"), (answer.Status, answer.Headers["Content-Type"], answer.Headers["Retry-After"]));
        using var problem = JsonDocument.Parse(answer.Body);
        Assert.Equal("urn:hearth:problem:silo-unavailable", problem.RootElement.GetProperty("type").GetString());
        Assert.Equal("The silo starts; nothing was done. Try again.", problem.RootElement.GetProperty("detail").GetString());
    }

    public void Dispose() => services.Dispose();
}
