using Hearth.Tests.Support;

namespace Hearth.Tests.Auth;

/// <summary>Without a key: this machine only, and no web page of another origin.</summary>
public sealed class AccessTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    private string Authority => $"{silo.Process.Address.Host}:{silo.Process.Address.Port}";

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LocalHost", 200)]
    [InlineData("localhost:1", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:8080", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("evil.example:8080", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.nip.io", 403)]
    [InlineData("2130706433", 403)]
    [InlineData("0.0.0.0", 403)]
    [InlineData("192.168.0.1", 403)]
    public async Task A_foreign_host_is_refused(string host, int status)
    {
        foreach (var path in new[] { "/v1/functions", "/v1/objects", "/", "/openapi/v1.json", "/health/ready", "/nothing" })
        {
            var answer = await RawConnection.AskAsync(silo.Process.Address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            if (status == 403)
                answer.IsProblem(403, "foreign-host");
            else
                answer.Is(path == "/nothing" ? 404 : 200);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Host: \r\n")]
    [InlineData("Host: localhost\r\nHost: evil.example\r\n")]
    [InlineData("Host: local host\r\n")]
    public async Task A_request_without_one_good_host_is_refused(string header)
    {
        var answer = await RawConnection.AskAsync(silo.Process.Address, $"GET /v1/functions HTTP/1.1\r\n{header}\r\n");
        Assert.Contains(answer.Status, new[] { 400, 403 });
    }

    [Fact]
    public async Task An_absolute_target_does_not_smuggle_a_foreign_host()
    {
        var answer = await RawConnection.AskAsync(silo.Process.Address, "GET http://evil.example/v1/functions HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Contains(answer.Status, new[] { 400, 403 });
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://localhost")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("nonsense")]
    public async Task A_page_of_another_origin_is_refused(string origin)
    {
        foreach (var (method, path) in new[] { ("POST", "/v1/functions/echo/call"), ("GET", "/v1/functions"), ("GET", "/health/live"), ("GET", "/") })
        {
            var answer = await silo.Http.AskAsync(method, path, method == "POST" ? "{}"u8.ToArray() : null, method == "POST" ? "application/json" : null, ("Origin", origin));
            answer.IsProblem(403, "foreign-origin");
            Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task The_start_page_itself_may_call() =>
        (await silo.Http.CallAsync("echo", "{}", headers: [("Origin", "http://" + Authority), ("Sec-Fetch-Site", "same-origin")])).Is(200);

    [Theory]
    [InlineData("cross-site", null, "/v1/functions", 403)]
    [InlineData("cross-site", "navigate", "/v1/functions", 403)]
    [InlineData("cross-site", "no-cors", "/", 403)]
    [InlineData("cross-site", "navigate", "/", 200)]
    [InlineData("same-site", "no-cors", "/v1/functions", 403)]
    [InlineData("same-site", "navigate", "/primes/10", 403)]
    [InlineData("same-site", "navigate", "/", 200)]
    [InlineData("same-origin", "cors", "/v1/functions", 200)]
    [InlineData("none", "navigate", "/v1/functions", 200)]
    public async Task A_cross_site_fetch_is_refused_but_a_followed_link_to_the_page_is_not(string site, string? mode, string path, int status)
    {
        (string, string)[] headers = mode is null ? [("Sec-Fetch-Site", site)] : [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)];
        (await silo.Http.FetchAsync(path, headers)).Is(status);
    }

    [Fact]
    public async Task A_form_of_another_site_cannot_submit() =>
        (await silo.Http.CallAsync("compress", "x", "text/plain", ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))).IsProblem(403, "foreign-origin");

    [Fact]
    public async Task No_answer_invites_other_origins()
    {
        var answer = await silo.Http.AskAsync("OPTIONS", "/v1/functions/echo/call", headers: [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")]);
        Assert.Equal(403, answer.Status);
        Assert.DoesNotContain(answer.Headers.Keys, h => h.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }
}
