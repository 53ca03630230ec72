using System.Collections.Concurrent;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Hearth.Tests.Functions.BuiltIn;

/// <summary>The function http, through a silo, against a real server on loopback.</summary>
public sealed class HttpFunctionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Method, string Path, IHeaderDictionary Headers, string Body)> heard = new();
    private WebApplication target = null!;
    private StartedApplication silo = null!;

    private string Origin => target.Urls.First();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        target = builder.Build();
        target.Run(AnswerAsync);
        await target.StartAsync();
        silo = await StartAsync("127.0.0.0/8");
    }

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        await target.DisposeAsync();
    }

    [Fact]
    public async Task A_request_is_sent_and_its_answer_is_the_result()
    {
        var answer = (await CallAsync(silo, $$"""{"url":"{{Origin}}/orders?x=1","body":{"n":1},"headers":{"X-Own":"yes"} }""")).Is(200).Json;
        Assert.Equal(201, answer.GetProperty("status").GetInt32());
        Assert.Equal("made", answer.GetProperty("body").GetProperty("state").GetString());
        var (method, path, headers, body) = Assert.Single(heard);
        Assert.Equal(("POST", "/orders?x=1", """{"n":1}"""), (method, path, body));
        Assert.Equal("yes", headers["X-Own"]);
        Assert.Equal("Bearer of-the-host", headers.Authorization);
    }

    [Fact]
    public async Task A_job_sends_the_same_idempotency_key_with_each_attempt_and_waits_as_long_as_it_is_told()
    {
        var job = (await silo.Http.SubmitAsync("http", $$"""{"url":"{{Origin}}/later"}"""));
        var end = (await silo.Http.FetchAsync(job + "?wait=60s")).Is(200).Json;
        Assert.Equal("succeeded", end.GetProperty("state").GetString());
        Assert.Equal(2, end.GetProperty("attempt").GetInt32());
        var keys = heard.Select(request => request.Headers["Idempotency-Key"].ToString()).ToList();
        Assert.Equal(2, keys.Count);
        Assert.Equal([job.Split('/')[^1]], keys.Distinct());
    }

    [Theory]
    [InlineData(null, null, "a")]
    [InlineData("key", null, "a")]
    [InlineData("queue", "", null)]
    [InlineData("job", null, null)]
    public async Task A_server_that_asks_for_time_slows_those_who_were_meant(string? backOff, string? queue, string? key)
    {
        var name = "slowed-" + (backOff ?? "nobody");
        var said = backOff is null ? "" : $", \"backOff\": \"{backOff}\"";
        var job = await silo.Http.PostJobAsync(name, $$"""{"function": "http", "key": "a", "input": {"url": "{{Origin}}/busy"{{said}}} }""");
        await silo.Http.BecomesAsync(job, "retrying");
        var held = (await silo.Http.FetchAsync("/v1/queues/" + name)).Is(200).Json.GetProperty("backOff");
        Assert.Equal(queue is null && key is null, held.ValueKind == JsonValueKind.Null);
        if (queue is not null)
            Assert.True(held.GetProperty("until").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(50));
        if (key is not null)
            Assert.Equal(key, held.GetProperty("keys")[0].GetProperty("key").GetString());
        (await silo.Http.PostJobsAsync(name, """{"function": "http", "input": {"url": "https://example.org/", "backOff": "all"}}""")).IsProblem(422, "invalid-input");
    }

    [Fact]
    public async Task An_answer_in_a_charset_that_nobody_knows_is_still_an_answer()
    {
        var answer = (await CallAsync(silo, $$"""{"url":"{{Origin}}/odd"}""")).Is(200).Json;
        Assert.Equal("caf\u00e9", answer.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("/gone", "404")]
    [InlineData("/elsewhere", "302")]
    [InlineData("/large", "AnswerBytesMax")]
    public async Task What_another_try_would_not_change_fails_for_good(string path, string told)
    {
        var job = await silo.Http.SubmitAsync("http", $$"""{"url":"{{Origin}}{{path}}","method":"GET"}""");
        var end = (await silo.Http.FetchAsync(job + "?wait=60s")).Is(200).Json;
        Assert.Equal(("failed", 1), (end.GetProperty("state").GetString(), end.GetProperty("attempt").GetInt32()));
        Assert.Contains(told, end.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(heard, request => request.Path == "/secret");
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "not allowed")]
    [InlineData("https://example.org/", "not allowed")]
    [InlineData("ftp://127.0.0.1/", "absolute")]
    [InlineData("/relative", "absolute")]
    [InlineData("http://user:word@127.0.0.1/", "without user")]
    public async Task An_origin_that_is_not_allowed_is_not_asked(string url, string told)
    {
        var answer = (await CallAsync(silo, JsonSerializer.Serialize(new { url }))).Is(500).Json;
        Assert.Contains(told, answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_allowed_and_leads_into_this_network_is_blocked_where_it_is_connected()
    {
        await using var strict = await StartAsync(privateNetwork: null);
        var port = new Uri(Origin).Port;
        foreach (var host in new[] { "127.0.0.1", "localhost" })
        {
            var answer = (await CallAsync(strict, $$"""{"url":"http://{{host}}:{{port}}/secret"}""")).Is(500).Json;
            Assert.Contains("not public", answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Empty(heard);
    }

    [Theory]
    [InlineData("Host", "other")]
    [InlineData("Content-Length", "5")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Authorization", "Bearer mine")]
    [InlineData("X-Own", "a\r\nX-Other: b")]
    [InlineData("X Own", "a")]
    public async Task Headers_that_would_change_the_connection_or_carry_another_are_refused(string name, string value)
    {
        var body = JsonSerializer.Serialize(new { url = Origin + "/orders", headers = new Dictionary<string, string> { [name] = value } });
        Assert.Contains("headers", (await CallAsync(silo, body)).Is(500).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(heard);
    }

    [Fact]
    public async Task Nothing_is_served_where_nothing_is_allowed()
    {
        await using var bare = await StartedApplication.StartAsync(builder => builder.AddBuiltInFunctions());
        (await bare.Http.CallAsync("http", "{}")).Is(404);
        (await bare.Http.CallAsync("email", "{}")).Is(404);
    }

    private static Task<Answer> CallAsync(StartedApplication silo, string body) => silo.Http.CallAsync("http", body);

    private Task<StartedApplication> StartAsync(string? privateNetwork) => StartedApplication.StartAsync(builder =>
    {
        var port = new Uri(Origin).Port;
        builder.Configuration["Hearth:Http:Allow:0"] = $"http://127.0.0.1:{port}";
        builder.Configuration["Hearth:Http:Allow:1"] = $"http://localhost:{port}";
        builder.Configuration["Hearth:Http:Authorization:127.0.0.1"] = "Bearer of-the-host";
        builder.Configuration["Hearth:Http:AnswerBytesMax"] = "10000";
        if (privateNetwork is not null)
            builder.Configuration["Hearth:Http:PrivateNetworks:0"] = privateNetwork;
        builder.AddBuiltInFunctions();
    });

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        heard.Enqueue((http.Request.Method, http.Request.Path + http.Request.QueryString, new HeaderDictionary(http.Request.Headers.ToDictionary()), await reader.ReadToEndAsync()));
        switch (http.Request.Path.Value)
        {
            case "/gone":
                http.Response.StatusCode = 404;
                return;
            case "/elsewhere":
                http.Response.Redirect("/secret");
                return;
            case "/odd":
                http.Response.ContentType = "text/html; charset=windows-1252";
                await http.Response.Body.WriteAsync(new byte[] { (byte)'c', (byte)'a', (byte)'f', 0xe9 });
                return;
            case "/large":
                await http.Response.WriteAsync(new string('x', 10_001));
                return;
            case "/later" when heard.Count == 1:
                http.Response.StatusCode = 429;
                http.Response.Headers.RetryAfter = "1";
                return;
            case "/busy":
                http.Response.StatusCode = 503;
                http.Response.Headers.RetryAfter = "3600";
                return;
            default:
                http.Response.StatusCode = 201;
                await http.Response.WriteAsJsonAsync(new { state = "made" });
                return;
        }
    }
}
