using System.Text;
using Hearth.Objects;
using Hearth.Storage;
using Hearth.Tests.Objects;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Api.Objects;

/// <summary>Objects in JSON and in XML, and what is told of them.</summary>
public sealed class ObjectNotationTests
{
    [Fact]
    public async Task Xml_goes_in_and_comes_out()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual);
        const string Item = "<value><name>tea &amp; milk</name><price>3</price></value>";
        (await app.Http.AskAsync("POST", "/v1/objects/cart/ada/add", Encoding.UTF8.GetBytes(Item), "application/xml")).Is(204);
        var total = (await app.Http.AskAsync("POST", "/v1/objects/cart/ada/total", headers: ("Accept", "application/xml"))).Is(200);
        Assert.Equal(("application/xml", "3"), (total.ContentType, total.Xml.InnerText));
        var state = (await app.Http.FetchAsync("/v1/objects/cart/ada", ("Accept", "application/xml"))).Is(200);
        Assert.Equal("tea & milk", state.Xml["items"]!["item"]!["name"]!.InnerText);
        Assert.Equal("cart", (await app.Http.FetchAsync("/v1/objects/cart", ("Accept", "application/xml"))).Is(200).Xml["object"]!.InnerText);
        (await app.Http.FetchAsync("/v1/objects", ("Accept", "application/xml"))).Is(200);
        (await app.Http.FetchAsync("/v1/objects/cart/bob", ("Accept", "application/xml"))).IsXmlProblem(404, "no-state");
        (await app.Http.FetchAsync("/v1/objects/cart/ada", ("Accept", "image/png"))).IsProblem(406, "not-acceptable");
        (await app.Http.AskAsync("POST", "/v1/objects/cart/ada/add", "<value>"u8.ToArray(), "application/xml")).IsProblem(400, "malformed");
    }

    [Fact]
    public async Task Text_and_bytes_go_in_and_come_out()
    {
        await using var app = await ObjectWorld.StartAsync(cart =>
        {
            cart.On("name", (Cart state, string name) =>
            {
                state.Items = [new Item(name, 1)];
                return name.ToUpperInvariant();
            });
            cart.On("reverse", (Cart state, byte[] bytes) => bytes.Reverse().ToArray());
        });
        var text = (await app.Http.AskAsync("POST", "/v1/objects/cart/ada/name", "tea"u8.ToArray(), "text/plain", ("Accept", "text/plain"))).Is(200);
        Assert.Equal("TEA", text.Text);
        Assert.Equal("\"TEA\"", (await app.Http.CallAsync("cart", "ada", "name", "\"tea\"")).Is(200).Text);
        var bytes = (await app.Http.AskAsync("POST", "/v1/objects/cart/ada/reverse", [1, 0, 255])).Is(200);
        Assert.Equal((byte[])[255, 0, 1], bytes.Body);
        Assert.Equal("application/octet-stream", bytes.ContentType);
    }

    [Fact]
    public async Task The_list_tells_operations_schemas_and_limits()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, o => (o.Description, o.Timeout) = ("Carts.", TimeSpan.FromSeconds(7)));
        var kinds = (await app.Http.FetchAsync("/v1/objects")).Is(200).Json.GetProperty("objects").EnumerateArray().ToList();
        Assert.Equal(["cart", "counter"], kinds.Select(o => o.GetProperty("name").GetString()));
        var cart = kinds[0];
        Assert.Equal(("Carts.", 7, 1 << 20, "default"), (
            cart.GetProperty("description").GetString(), cart.GetProperty("timeoutSeconds").GetInt32(), cart.GetProperty("stateBytesMax").GetInt32(), cart.GetProperty("pool").GetString()));
        Assert.True(cart.GetProperty("state").GetProperty("properties").TryGetProperty("items", out _));
        var add = cart.GetProperty("operations")[0];
        Assert.Equal(("add", false, "/v1/objects/cart/{key}/add"), (add.GetProperty("name").GetString(), add.GetProperty("readsOnly").GetBoolean(), add.GetProperty("call").GetString()));
        Assert.True(add.GetProperty("input").GetProperty("schema").GetProperty("properties").TryGetProperty("price", out _));
        Assert.Contains(cart.GetProperty("operations").EnumerateArray(), o => o.GetProperty("readsOnly").GetBoolean());
    }

    [Fact]
    public async Task A_state_that_the_code_cannot_read_is_told_as_such_and_can_be_shown_and_deleted()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual);
        var store = app.Web.Services.GetRequiredService<IGrainStateStore>();
        await store.WriteAsync("object/default/cart/ada", "state", """{"items":{"tea":3}}"""u8.ToArray(), null);
        var problem = (await app.Http.CallAsync("cart", "ada", "add", """{"name":"tea","price":3}""")).IsProblem(500, "state-unreadable");
        Assert.Contains("Cart at $.items", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"items":{"tea":3}}""", (await app.Http.StateAsync("cart", "ada")).Is(200).Text);
        (await app.Http.AskAsync("DELETE", "/v1/objects/cart/ada")).Is(204);
        (await app.Http.CallAsync("cart", "ada", "add", """{"name":"tea","price":3}""")).Is(204);
    }

    [Fact]
    public async Task More_calls_than_a_silo_takes_are_refused()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await ObjectWorld.StartAsync(cart => cart.OnRead("wait", (Cart state) => open.Task));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1_100 }) { BaseAddress = app.Http.BaseAddress };
        var calls = Enumerable.Range(0, ServedObject.CallsMax + 1).Select(_ => http.ReadAsync("cart", "ada", "wait")).ToList();
        (await await Task.WhenAny(calls).WaitAsync(TimeSpan.FromSeconds(60))).IsProblem(429, "busy");
        open.SetResult();
        Assert.Equal(ServedObject.CallsMax, (await Task.WhenAll(calls)).Count(answer => answer.Status == 204));
        (await http.ReadAsync("cart", "ada", "wait")).Is(204);
    }
}
