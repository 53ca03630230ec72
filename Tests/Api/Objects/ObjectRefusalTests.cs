using System.Text;
using Hearth.Tests.Objects;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Objects;

/// <summary>What objects are asked that they do not do.</summary>
public sealed class ObjectRefusalTests : IAsyncLifetime
{
    private StartedApplication app = null!;

    private HttpClient Http => app.Http;

    public async Task InitializeAsync() => app = await ObjectWorld.StartAsync(
        cart =>
        {
            ObjectWorld.Usual(cart);
            cart.On("nan", (Cart state, Item item) =>
            {
                state.Items.Add(item);
                return double.NaN;
            });
        },
        o => o.StateBytesMax = 200);

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task What_is_not_served_is_told_with_what_may_have_been_meant()
    {
        foreach (var (method, path) in new[]
        {
            ("POST", "/v1/objects/cartt/ada/add"), ("GET", "/v1/objects/cartt"), ("GET", "/v1/objects/cartt/ada"), ("DELETE", "/v1/objects/cartt/ada"),
        })
        {
            var problem = (await Http.AskAsync(method, path)).IsProblem(404, "unknown-object");
            Assert.Equal("cart", problem.GetProperty("choices")[0].GetString());
        }

        var operation = (await Http.ReadAsync("cart", "ada", "ad")).IsProblem(404, "unknown-operation");
        Assert.Contains(operation.GetProperty("choices").EnumerateArray(), c => c.GetString() == "add");
        (await Http.AskAsync("PUT", "/v1/objects/cart/ada")).IsProblem(405, "method-not-allowed");
        (await Http.AskAsync("POST", "/v1/objects/cart//add")).IsProblem(404, "not-found");
        (await Http.AskAsync("POST", "/v1/objects/cart/a/b/add")).IsProblem(404, "not-found");
    }

    [Theory]
    [InlineData("%01")]
    [InlineData("a%0Ab")]
    [InlineData("%7F")]
    [InlineData("%C2%85")]
    [InlineData("%FF")]
    [InlineData("%zz")]
    [InlineData("100%")]
    [InlineData("%ED%A0%80")]
    [InlineData("%C0%AF")]
    public async Task What_cannot_be_a_key_is_refused(string key)
    {
        foreach (var request in new[] { $"GET /v1/objects/cart/{key}", $"DELETE /v1/objects/cart/{key}", $"POST /v1/objects/cart/{key}/total" })
        {
            var answer = await RawConnection.AskAsync(Http.BaseAddress!, $"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
            Assert.Equal("key", answer.IsProblem(422, "invalid-input").GetProperty("field").GetString());
        }
    }

    [Fact]
    public async Task A_key_has_at_most_512_characters()
    {
        (await Http.ReadAsync("cart", new string('x', 512), "total")).Is(200);
        (await Http.ReadAsync("cart", new string('x', 513), "total")).IsProblem(422, "invalid-input");
        (await Http.ReadAsync("cart", new string('ä', 512), "total")).Is(200);
    }

    [Fact]
    public async Task Keys_that_are_encoded_alike_are_not_mixed_up()
    {
        string[] keys = ["a/b", "a%2Fb", "a%252Fb", "a%2fb", "%", "%25", "+", " ", "a+b", "a b", "ada?", "ada#", "ä", "{key}", "\"'<&>", "..."];
        for (var i = 0; i < keys.Length; i++)
        {
            for (var n = 0; n <= i; n++)
                (await Http.CallAsync("counter", keys[i], "add", "{}")).Is(200);
        }

        for (var i = 0; i < keys.Length; i++)
            Assert.Equal($$"""{"value":{{i + 1}}}""", (await Http.StateAsync("counter", keys[i])).Is(200).Text);
        var listed = (await Http.FetchAsync("/v1/objects/counter")).Json.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("key").GetString());
        Assert.Equal(keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Dots_in_the_path_and_a_host_in_front_do_not_lead_to_another_key()
    {
        foreach (var path in new[] { "/v1/x/../objects/counter/a%2Fb/add", "/v1/objects/x/../counter/a%25/add", "http://localhost/v1/objects/counter/a%25/add" })
        {
            var answer = await RawConnection.AskAsync(
                Http.BaseAddress!, $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
            Assert.Contains(answer.Status, new[] { 400, 404, 422 });
        }

        Assert.Empty((await Http.FetchAsync("/v1/objects/counter")).Json.GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task Inputs_are_as_strict_as_those_of_calls()
    {
        (await Http.CallAsync("cart", "ada", "add", "{")).IsProblem(400, "malformed");
        (await Http.CallAsync("cart", "ada", "add", "")).IsProblem(400, "malformed");
        var unknown = (await Http.CallAsync("cart", "ada", "add", """{"name":"tea","price":3,"x":1}""")).IsProblem(422, "invalid-input");
        Assert.Equal("$.x", unknown.GetProperty("field").GetString());
        (await Http.CallAsync("cart", "ada", "add", """{"name":"tea"}""")).IsProblem(422, "invalid-input");
        (await Http.CallAsync("cart", "ada", "add", """{"name":null,"price":3}""")).IsProblem(422, "invalid-input");
        (await Http.CallAsync("cart", "ada", "add", """{"name":"tea","name":"tea","price":3}""")).IsProblem(422, "invalid-input");
        (await Http.CallAsync("cart", "ada", "add", "\"" + new string('x', 1 << 20) + "\"")).IsProblem(413, "too-large");
        const string Tea = """{"name":"tea","price":3}""";
        (await Http.AskAsync("POST", "/v1/objects/cart/ada/add", Encoding.UTF8.GetBytes(Tea), "text/csv")).IsProblem(415, "unsupported-media-type");
        (await Http.CallAsync("cart", "ada", "total", Tea, ("Accept", "image/png"))).IsProblem(406, "not-acceptable");
        (await Http.CallAsync("cart", "ada", "add", Tea, ("Idempotency-Key", "k"))).IsProblem(400, "invalid-key");
        (await Http.AskAsync("POST", "/v1/objects/cart/ada/add?x=1", Encoding.UTF8.GetBytes(Tea), "application/json")).IsProblem(422, "invalid-input");
        (await Http.StateAsync("cart", "ada")).IsProblem(404, "no-state");
    }

    [Fact]
    public async Task What_cannot_be_answered_or_stored_changes_nothing()
    {
        (await Http.CallAsync("cart", "ada", "nan", """{"name":"tea","price":3}""")).IsProblem(500, "operation-failed");
        (await Http.StateAsync("cart", "ada")).IsProblem(404, "no-state");
        for (var i = 0; i < 6; i++)
            (await Http.CallAsync("cart", "bob", "add", """{"name":"tea","price":3}""")).Is(204);
        var state = (await Http.StateAsync("cart", "bob")).Text;
        (await Http.CallAsync("cart", "bob", "add", $$"""{"name":"{{new string('t', 100)}}","price":3}""")).IsProblem(409, "state-too-large");
        Assert.Equal(state, (await Http.StateAsync("cart", "bob")).Text);
        (await Http.CallAsync("counter", "c", "add", """{"by":9223372036854775807}""")).Is(200);
        (await Http.CallAsync("counter", "c", "add", "{}")).IsProblem(500, "operation-failed");
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("prefix=%01", "prefix")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=AAAA", "cursor")]
    [InlineData("cursor=%21", "cursor")]
    [InlineData("offset=1", "offset")]
    public async Task A_list_says_which_condition_is_wrong(string query, string field) =>
        Assert.Equal(field, (await Http.FetchAsync("/v1/objects/cart?" + query)).IsProblem(422, "invalid-input").GetProperty("field").GetString());

    [Fact]
    public async Task A_cursor_is_good_for_its_own_list_only()
    {
        for (var i = 0; i < 3; i++)
            (await Http.CallAsync("counter", $"k{i}", "add", "{}")).Is(200);
        var next = (await Http.FetchAsync("/v1/objects/counter?limit=2&prefix=k")).Json.GetProperty("next").GetString()!;
        var cursor = next[(next.IndexOf("cursor=", StringComparison.Ordinal) + 7)..];
        Assert.Equal("k2", (await Http.FetchAsync($"/v1/objects/counter?limit=5&prefix=k&cursor={cursor}")).Json.GetProperty("keys")[0].GetProperty("key").GetString());
        (await Http.FetchAsync($"/v1/objects/counter?cursor={cursor}")).IsProblem(422, "invalid-input");
        (await Http.FetchAsync($"/v1/objects/cart?prefix=k&cursor={cursor}")).IsProblem(422, "invalid-input");
        (await Http.FetchAsync($"/v1/objects/counter?prefix=k&cursor={cursor[..^2]}")).IsProblem(422, "invalid-input");
    }
}
