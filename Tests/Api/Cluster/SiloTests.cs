using System.Text.Json;
using System.Xml;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Cluster;

/// <summary>Silos and pools of one silo on SQLite, over HTTP.</summary>
public sealed class SiloTests
{
    private static readonly string[] Members =
        ["http", "id", "isSelf", "load", "name", "pools", "renewedAt", "roles", "startedAt", "status", "version"];

    [Fact]
    public async Task The_silo_tells_who_it_is()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddFunction("f", () => { }), "--name", "one", "--pool", "gpu", "--pool", "default");
        var list = (await app.Http.FetchAsync("/v1/silos")).Is(200).Json;
        var silo = Assert.Single(list.GetProperty("silos").EnumerateArray());
        Assert.Equal(Members, silo.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("one", "active", true), (silo.GetProperty("name").GetString(), silo.GetProperty("status").GetString(), silo.GetProperty("isSelf").GetBoolean()));
        Assert.Equal(["gpu", "default"], Texts(silo.GetProperty("pools")));
        Assert.Equal(["frontend", "worker"], Texts(silo.GetProperty("roles")));
        Assert.Equal(app.Http.BaseAddress, new Uri(silo.GetProperty("http").GetString()!));
        Assert.Equal(0, silo.GetProperty("load").GetProperty("running").GetInt32());
        Assert.True(silo.GetProperty("startedAt").GetDateTimeOffset() <= silo.GetProperty("renewedAt").GetDateTimeOffset());
        foreach (var key in new[] { "one", silo.GetProperty("id").GetString()! })
            Assert.Equal("one", (await app.Http.FetchAsync("/v1/silos/" + key)).Is(200).Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Silos_and_pools_are_there_in_xml()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddFunction("f", () => { }), "--name", "one");
        var silos = (await app.Http.FetchAsync("/v1/silos", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal(["one"], silos["silos"]!.ChildNodes.Cast<XmlElement>().Select(silo => silo["name"]!.InnerText));
        var pools = (await app.Http.FetchAsync("/v1/pools", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal(["default"], pools["pools"]!.ChildNodes.Cast<XmlElement>().Select(pool => pool["name"]!.InnerText));
        (await app.Http.FetchAsync("/v1/silos/two", ("Accept", "application/xml"))).IsXmlProblem(404, "unknown-silo");
        (await app.Http.FetchAsync("/v1/silos", ("Accept", "text/csv"))).IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task A_drain_is_accepted_again_and_again_and_told_by_the_health()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddFunction("f", () => { }), "--name", "one");
        (await app.Http.AskAsync("POST", "/v1/silos/two/drain")).IsProblem(404, "unknown-silo");
        Assert.Equal("ready", (await app.Http.FetchAsync("/health/ready")).Is(200).Json.GetProperty("status").GetString());
        for (var i = 0; i < 2; i++)
            Assert.Equal("draining", (await app.Http.AskAsync("POST", "/v1/silos/one/drain")).Is(202).Json.GetProperty("status").GetString());
        Assert.Equal(2, (await app.Http.FetchAsync("/v1/silos")).Json.GetProperty("version").GetInt64());
        var health = (await app.Http.FetchAsync("/health/ready")).Is(200).Json;
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        Assert.Contains(Texts(health.GetProperty("reasons")), reason => reason.Contains("drains", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pool_tells_what_is_bound_to_it_and_the_health_that_nobody_carries_it()
    {
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.AddFunction("render", () => { }, o => o.Pool = "gpu");
            b.AddFunction("plain", () => { });
            b.AddQueue("images", o => o.Pool = "gpu");
            b.AddQueue("letters");
        });
        var pools = (await app.Http.FetchAsync("/v1/pools")).Is(200).Json.GetProperty("pools").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        Assert.Equal(["default", "gpu"], pools.Keys);
        Assert.Equal((false, true), (pools["default"].GetProperty("isEmpty").GetBoolean(), pools["gpu"].GetProperty("isEmpty").GetBoolean()));
        Assert.Equal(["render"], Texts(pools["gpu"].GetProperty("functions")));
        Assert.Equal(["images"], Texts(pools["gpu"].GetProperty("queues")));
        Assert.Equal(["letters"], Texts(pools["default"].GetProperty("queues")));
        Assert.Empty(Texts(pools["gpu"].GetProperty("silos")));
        Assert.Single(Texts(pools["default"].GetProperty("silos")));
        var health = (await app.Http.FetchAsync("/health/ready")).Is(200).Json;
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        var reason = Assert.Single(Texts(health.GetProperty("reasons")));
        Assert.Contains("pool 'gpu'", reason, StringComparison.Ordinal);
        Assert.Contains("--pool gpu", reason, StringComparison.Ordinal);
        Assert.Equal("gpu", (await app.Http.FetchAsync("/v1/functions/render")).Json.GetProperty("pool").GetString());
        Assert.Equal(JsonValueKind.Null, (await app.Http.FetchAsync("/v1/functions/plain")).Json.GetProperty("pool").ValueKind);
    }

    [Fact]
    public async Task A_queue_is_made_in_the_pool_that_it_is_bound_to()
    {
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.AddFunction("f", () => { });
            b.AddQueue("images", o => o.Pool = "gpu");
        }, "--pool", "gpu,default");
        Assert.Equal("ready", (await app.Http.FetchAsync("/health/ready")).Json.GetProperty("status").GetString());
        await app.Http.EndAsync(await app.Http.PostJobAsync("images", """{"function":"f"}"""));
        await app.Http.EndAsync(await app.Http.PostJobAsync("letters", """{"function":"f"}"""));
        Assert.Equal("gpu", (await app.Http.FetchAsync("/v1/queues/images")).Is(200).Json.GetProperty("pool").GetString());
        Assert.Equal("default", (await app.Http.FetchAsync("/v1/queues/letters")).Is(200).Json.GetProperty("pool").GetString());
    }

    [Fact]
    public async Task A_queue_keeps_the_pool_that_it_was_made_with_and_the_log_says_so()
    {
        using var folder = new TempFolder();
        await using (var silo = await SiloProcess.StartAsync(folder["data"]))
        {
            using var http = silo.CreateClient();
            await http.PostJobAsync("images", """{"function":"echo","input":1}""");
            await silo.StopAsync();
        }

        var bound = new Dictionary<string, string>(StringComparer.Ordinal) { ["Hearth__Queues__images__Pool"] = "gpu", ["Hearth__Queues__new__Pool"] = "gpu" };
        await using var again = await SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder["data"], bound, "--pool", "default,gpu");
        using var client = again.CreateClient();
        await again.PrintsAsync("Queue 'images' stays in pool 'default'");
        await client.PostJobAsync("images", """{"function":"echo","input":2}""");
        await client.PostJobAsync("new", """{"function":"echo","input":2}""");
        var queues = (await client.FetchAsync("/v1/queues")).Is(200).Json.GetProperty("queues").EnumerateArray()
            .ToDictionary(q => q.GetProperty("name").GetString()!, q => (q.GetProperty("pool").GetString(), q.GetProperty("shards").GetInt32()));
        Assert.Equal((("default", 1), ("gpu", 1)), (queues["images"], queues["new"]));
    }

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(e => e.GetString()!);
}
