using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>Requests that no client library would send, and connections that go on after them.</summary>
public sealed class WireTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Json = "{\"name\":\"a\"}";

    private Uri Address => silo.Process.Address;

    [Theory]
    [InlineData("Content-Length: 12\r\nTransfer-Encoding: chunked\r\n", "c\r\n{\"name\":\"a\"}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "c\r\n{\"name\":\"a\"}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 12\r\nContent-Length: 13\r\n", Json)]
    [InlineData("Content-Length: +12\r\n", Json)]
    [InlineData("Content-Length: -1\r\n", Json)]
    [InlineData("Content-Length: 0x0c\r\n", Json)]
    [InlineData("Content-Length: 12, 12\r\n", Json)]
    [InlineData("Transfer-Encoding: chunked, identity\r\n", Json)]
    [InlineData("Transfer-Encoding: xchunked\r\n", Json)]
    [InlineData("Transfer-Encoding : chunked\r\n", Json)]
    [InlineData("X: a\nTransfer-Encoding: chunked\n", "c\r\n{\"name\":\"a\"}\r\n0\r\n\r\n")]
    public async Task An_ambiguous_length_is_refused_and_the_connection_is_not_used_again(string headers, string body)
    {
        using var connection = await RawConnection.OpenAsync(Address);
        await connection.SendAsync($"POST /v1/functions/narrow/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n{body}");
        var answer = await connection.ReadAsync();
        Assert.True(answer.Status is 400, $"{answer.Status}: {answer.Text}");
        // What might be a second request, hidden in the first, must not be answered.
        await connection.SendAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Assert.ThrowsAnyAsync<IOException>(connection.ReadAsync);
    }

    [Theory]
    [InlineData("GET /health/live HTTP/1.1\nHost: localhost\n\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\n\r\n")]
    public async Task A_bare_line_feed_does_not_end_a_header(string request)
    {
        using var connection = await RawConnection.OpenAsync(Address);
        await connection.SendAsync(request);
        Answer? answer = null;
        try
        {
            answer = await connection.ReadAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Closed without a word is a refusal too.
        }

        Assert.True(answer is null or { Status: 400 }, answer?.Text);
    }

    [Theory]
    [InlineData("narrow", "zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("narrow-stream", "zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("narrow", "2\r\n{}x0\r\n\r\n")]
    [InlineData("narrow-stream", "2\r\n{}x0\r\n\r\n")]
    public async Task A_broken_chunk_is_400(string function, string body)
    {
        var answer = await RawConnection.AskAsync(
            Address, $"POST /v1/functions/{function}/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        answer.IsProblem(400, "malformed");
    }

    [Theory]
    [InlineData("narrow", "{\"name\":\"b\"}", 200)]
    [InlineData("fresh", "{\"name\":\"kept\"}", 200)]
    [InlineData("narrow", "{", 400)]
    [InlineData("narrow", "{}", 422)]
    [InlineData("surprise", "{\"name\":\"b\"}", 500)]
    [InlineData("refuse", "{\"name\":\"b\"}", 500)]
    [InlineData("nope", "{\"name\":\"b\"}", 404)]
    [InlineData("reverse-bytes", "{\"name\":\"b\"}", 200)]
    [InlineData("open", "{\"name\":\"b\"}", 204)]
    public async Task A_connection_goes_on_after_an_answer(string function, string body, int status)
    {
        using var connection = await RawConnection.OpenAsync(Address);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(RawConnection.Call(function, body));
            (await connection.ReadAsync()).Is(status);
        }
    }

    [Fact]
    public async Task A_connection_goes_on_after_a_429()
    {
        using var connection = await RawConnection.OpenAsync(Address);
        var held = Enumerable.Range(0, 3).Select(_ => RawConnection.OpenAsync(Address)).ToList();
        foreach (var one in held)
            await (await one).SendAsync(RawConnection.Call("hold", "{\"name\":\"wire\"}"));
        await silo.Http.ReachesAsync("started.wire", 3);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(RawConnection.Call("hold", "{\"name\":\"wire\"}"));
            (await connection.ReadAsync()).IsProblem(429, "busy");
        }

        foreach (var one in held)
            (await one).Dispose();
    }

    [Theory]
    [InlineData("narrow", 101)]
    [InlineData("narrow-stream", 60_001)]
    [InlineData("narrow-stream", 3_000_000)]
    public async Task A_connection_goes_on_after_a_413(string function, int bytes)
    {
        using var connection = await RawConnection.OpenAsync(Address);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync($"POST /v1/functions/{function}/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n{new string('1', bytes)}\r\n0\r\n\r\n");
            (await connection.ReadAsync()).IsProblem(413, "too-large");
        }
    }

    [Theory]
    [InlineData("narrow", "{\"name\":\"b\"}", "", 202)]
    [InlineData("reverse-bytes", "{\"name\":\"b\"}", "", 202)]
    [InlineData("narrow", "{}", "", 422)]
    [InlineData("narrow", "{\"name\":\"b\"}", "Idempotency-Key: \r\n", 400)]
    public async Task A_connection_goes_on_after_a_submission(string function, string body, string headers, int status)
    {
        using var connection = await RawConnection.OpenAsync(Address);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(RawConnection.Call(function, body, "Prefer: respond-async\r\n" + headers));
            (await connection.ReadAsync()).Is(status);
        }
    }

    [Fact]
    public async Task A_connection_goes_on_after_xml_and_own_routes_with_a_body()
    {
        using var connection = await RawConnection.OpenAsync(Address);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync("PUT /pairs/4 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"right\":\"x\"}");
            Assert.Equal("""{"left":4,"right":"x"}""", (await connection.ReadAsync()).Is(200).Text);
            await connection.SendAsync("POST /v1/functions/narrow/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\nContent-Length: 6\r\n\r\n<value");
            (await connection.ReadAsync()).Is(400);
        }
    }

    [Fact]
    public async Task Requests_in_a_row_on_one_connection_are_answered_in_order()
    {
        using var connection = await RawConnection.OpenAsync(Address);
        await connection.SendAsync(string.Concat(Enumerable.Range(0, 20).Select(i => RawConnection.Call("narrow", $$"""{"name":"{{i}}"}"""))));
        for (var i = 0; i < 20; i++)
            Assert.Equal($$"""{"name":"{{i}}"}""", (await connection.ReadAsync()).Text);
    }

    [Fact]
    public async Task Endless_headers_are_refused()
    {
        var answer = await RawConnection.AskAsync(Address, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => $"X-{i}: {new string('a', 100)}\r\n")) + "\r\n");
        Assert.Equal(431, answer.Status);
    }
}
