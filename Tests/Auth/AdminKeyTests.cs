using System.Text;
using Hearth.Tests.Api.OpenApi;
using Hearth.Tests.Support;
using Microsoft.OpenApi;

namespace Hearth.Tests.Auth;

/// <summary>With a key every route but one needs it.</summary>
public sealed class AdminKeyTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private SiloProcess silo = null!;
    private HttpClient http = null!;
    private string key = null!;

    public async Task InitializeAsync()
    {
        var made = await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]]);
        Assert.Equal(0, made.Code);
        key = made.Out.Trim();
        Assert.Matches("^hearth_[0-9a-f]{40}$", key);
        silo = await SiloProcess.StartAsync(folder["data"]);
        http = silo.CreateClient();
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await silo.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Every_route_but_live_needs_the_key()
    {
        using var json = new MemoryStream((await http.FetchAsync("/openapi/v1.json", ("Authorization", "Bearer " + key))).Is(200).Body);
        var document = (await OpenApiDocument.LoadAsync(json, "json")).Document!;
        var routes = OpenApiTests.Operations(document).Select(o => (o.Method, Path: o.Path.Replace("{name}", "echo", StringComparison.Ordinal)
            .Replace("{id}", "01a1fe06a6ab7bef9bf7c765b76ecb7d", StringComparison.Ordinal).Replace("{upTo}", "10", StringComparison.Ordinal)));
        string?[] refused =
        [
            null, "", "Bearer", "Bearer ", "Bearer x", "Bearer hearth_" + new string('0', 40), "Bearer " + key[..^1], "Bearer " + key + "0", "Bearer " + key.ToUpperInvariant(),
            "Bearer " + key[..^1] + (key[^1] == '0' ? '1' : '0'), key, "Token " + key, "Basic " + key, "Basic !!!", "Basic " + Base64("admin:wrong"), "Basic " + Base64("no colon"),
            "Basic " + Base64(new string('x', 400)), "Bearer " + Fresh(),
        ];
        foreach (var (method, path) in routes.Concat([("GET", "/nothing"), ("PUT", "/v1/functions"), ("GET", "/health/live/"), ("GET", "/HEALTH/LIVE"), ("GET", "//health/live")]))
        {
            foreach (var authorization in refused)
            {
                var answer = await AskAsync(method, path, authorization);
                if (path == "/health/live")
                {
                    answer.Is(200);
                    continue;
                }

                answer.IsProblem(401, "no-key");
                Assert.Contains("Bearer", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
                Assert.Contains("Basic", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
            }

            foreach (var authorization in new[] { "Bearer " + key, "bearer " + key, "Basic " + Base64("anyone:" + key), "Basic " + Base64(":" + key) })
                Assert.NotInRange((await AskAsync(method, path, authorization)).Status, 401, 403);
        }
    }

    [Fact]
    public async Task A_foreign_origin_is_refused_even_with_the_key() =>
        (await http.FetchAsync("/v1/functions", ("Authorization", "Bearer " + key), ("Origin", "http://evil.example"))).IsProblem(403, "foreign-origin");

    [Fact]
    public async Task Any_host_name_is_served_to_those_who_have_the_key()
    {
        var answer = await RawConnection.AskAsync(silo.Address, $"GET /v1/functions HTTP/1.1\r\nHost: hearth.example\r\nAuthorization: Bearer {key}\r\n\r\n");
        answer.Is(200);
    }

    [Fact]
    public async Task The_key_is_neither_logged_nor_stored()
    {
        await http.FetchAsync("/v1/functions", ("Authorization", "Bearer " + key));
        await http.FetchAsync("/v1/nothing", ("Authorization", "Basic " + Base64("a:" + key)));
        await http.CallAsync("fail", """{"message":"x"}""", headers: ("Authorization", "Bearer " + key));
        await http.CallAsync("guestbook", """{"name":"Ada"}""", headers: ("Authorization", "Bearer " + key));
        (await http.CallAsync("wordcount", "a", "text/plain", ("Authorization", "Bearer " + key), ("Prefer", "wait=10"))).Is(200);
        await silo.StopAsync();
        Assert.DoesNotContain(key, silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Base64("a:" + key), silo.Output, StringComparison.Ordinal);
        var files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(files, f => f.EndsWith("admin-key.sha256", StringComparison.Ordinal));
        foreach (var file in files)
            Assert.DoesNotContain(key, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_takes_the_place_of_the_old()
    {
        await silo.StopAsync();
        var next = (await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]])).Out.Trim();
        Assert.NotEqual(key, next);
        await using var again = await SiloProcess.StartAsync(folder["data"]);
        using var client = again.CreateClient();
        (await client.FetchAsync("/v1/functions", ("Authorization", "Bearer " + key))).IsProblem(401, "no-key");
        (await client.FetchAsync("/v1/functions", ("Authorization", "Bearer " + next))).Is(200);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>A well-formed key that is not this silo's.</summary>
    private static string Fresh() => Hearth.Auth.AdminKey.Create();

    private async Task<Answer> AskAsync(string method, string path, string? authorization)
    {
        var body = method is "GET" or "DELETE" ? "" : "{\"x\":1}";
        var header = authorization is null ? "" : $"Authorization: {authorization}\r\n";
        return await RawConnection.AskAsync(
            silo.Address, $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{header}Content-Length: {body.Length}\r\n\r\n{body}");
    }
}
