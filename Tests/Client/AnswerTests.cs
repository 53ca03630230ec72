using Hearth.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Hearth.Tests.Client.ScriptedSilo;

namespace Hearth.Tests.Client;

/// <summary>Answers of newer silos, of servers that are none, and options that cannot be.</summary>
public sealed class AnswerTests
{
    private const string Newer = """
        {"id":"1","queue":"q","function":"f","state":"frozen","priority":3,"acceptedAt":"2030-01-31T12:00:00Z","progress":{"percent":40},"result":"/v1/jobs/1/result"}
        """;

    [Fact]
    public async Task What_a_newer_silo_adds_is_passed_over()
    {
        await using var silo = await ScriptedSilo.StartAsync(Json(200, Newer));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = silo.Address });
        var job = await client.GetAsync("1");
        Assert.Equal((JobState.Unknown, false), (job.State, job.HasEnded));
    }

    [Fact]
    public async Task What_is_no_answer_of_Hearth_is_told_as_such()
    {
        await using var silo = await ScriptedSilo.StartAsync(Json(200, "<html>"));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = silo.Address, RetryFor = TimeSpan.Zero });
        Assert.Contains("not as Hearth does", (await Assert.ThrowsAsync<HearthException>(() => client.GetAsync("1"))).Message, StringComparison.Ordinal);
        await using var elsewhere = await ScriptedSilo.StartAsync(http =>
        {
            http.Response.Redirect("http://127.0.0.1:1/");
            return Task.CompletedTask;
        });
        using var other = new HearthClient(new HearthClientOptions { Endpoint = elsewhere.Address, ApiKey = "secret" });
        Assert.Equal(302, (await Assert.ThrowsAsync<HearthException>(() => other.GetAsync("1"))).Problem.Status);
    }

    [Fact]
    public async Task A_path_of_the_endpoint_is_kept_and_names_cannot_leave_it()
    {
        await using var silo = await ScriptedSilo.StartAsync(
            Json(200, """{"jobs":[],"next":"/inner/v1/jobs?limit=2&cursor=a%2Bb","cut":true}"""), Json(200, """{"jobs":[],"next":null,"cut":false}"""), Json(200, Newer));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = new Uri(silo.Address, "hearth") });
        Assert.Empty(await client.QueryAsync(new JobQuery { PageSize = 2 }).ToListAsync());
        await client.GetAsync("../x?y");
        Assert.Equal(["/hearth/v1/jobs?limit=2", "/hearth/v1/jobs?limit=2&cursor=a%2Bb"], silo.Requests.Take(2).Select(r => r.Path));
        Assert.StartsWith("/hearth/v1/jobs/..%2Fx", silo.Requests[2].Path, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetAsync(".."));
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_given_up()
    {
        await using var silo = await ScriptedSilo.StartAsync(http => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = silo.Address, CallTimeout = TimeSpan.FromMilliseconds(200) });
        var late = await Assert.ThrowsAsync<HearthUnreachableException>(() => client.CallAsync<int>("f"));
        Assert.Contains("0.2 s", late.Message, StringComparison.Ordinal);
        using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var patient = new HearthClient(new HearthClientOptions { Endpoint = silo.Address });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.CallAsync<int>("f", cancellationToken: gone.Token));
    }

    [Fact]
    public async Task An_application_adds_a_client()
    {
        await using var silo = await ScriptedSilo.StartAsync(Json(200, "7"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHearthClient(o => (o.Endpoint, o.ApiKey) = (silo.Address, "secret"));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.Equal(7, await host.Services.GetRequiredService<IHearthClient>().CallAsync<int>("f"));
        Assert.Equal("Bearer secret", Assert.Single(silo.Requests).Headers["Authorization"]);
    }

    [Theory]
    [InlineData("ftp://x", null, 1, "Endpoint must be")]
    [InlineData("http://me@x", null, 1, "Endpoint must be")]
    [InlineData("http://x", "a b", 1, "ApiKey must be")]
    [InlineData("http://x", null, -1, "RetryFor must not")]
    public async Task Options_that_cannot_be_fail_at_start(string endpoint, string? key, int retrySeconds, string told)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHearthClient(o => (o.Endpoint, o.ApiKey, o.RetryFor) = (new Uri(endpoint), key, TimeSpan.FromSeconds(retrySeconds)));
        using var host = builder.Build();
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => host.StartAsync());
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }
}
