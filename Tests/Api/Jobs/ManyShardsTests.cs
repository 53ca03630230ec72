using System.Text;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A queue of several shards, over HTTP: it looks like one.</summary>
public sealed class ManyShardsTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private HttpClient Http => silo.Http;

    [Fact]
    public async Task Jobs_are_spread_and_lists_and_counts_see_all_of_them()
    {
        await ResizeAsync("spread", 3, """, "paused": true""");
        var ids = new List<string>();
        for (var n = 0; n < 9; n++)
            ids.Add(await Http.PostJobAsync("spread", """{"function":"reverse","input":"a"}"""));
        Assert.Equal(3, ids.Select(ShardOf).Distinct().Count());
        var shown = (await Http.FetchAsync("/v1/queues/spread")).Is(200).Json;
        Assert.Equal((9, 3), (shown.GetProperty("ready").GetInt32(), shown.GetProperty("shards").GetInt32()));
        Assert.Equal(9, (await Http.FetchAsync("/v1/jobs?queue=spread&state=ready")).Is(200).Json.GetProperty("jobs").GetArrayLength());
        (await Http.AskAsync("POST", "/v1/queues/spread/resume")).Is(200);
        foreach (var id in ids)
            Assert.Equal("succeeded", (await Http.EndAsync(id)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_key_is_known_before_and_after_a_change_of_shards()
    {
        const string Job = """{"function":"reverse","input":"a"}""";
        var first = await AcceptAsync("keyed", Job, "k1");
        await ResizeAsync("keyed", 4);
        Assert.Equal(first, (await RepeatAsync("keyed", Job, "k1")));
        var second = await AcceptAsync("keyed", Job, "k2");
        await ResizeAsync("keyed", 2);
        Assert.Equal(first, await RepeatAsync("keyed", Job, "k1"));
        Assert.Equal(second, await RepeatAsync("keyed", Job, "k2"));
        (await Http.PostJobsAsync("keyed", """{"function":"reverse","input":"b"}""", headers: ("Idempotency-Key", "k2"))).IsProblem(422, "key-reused");
    }

    [Fact]
    public async Task Unique_jobs_of_one_request_are_answered_in_their_order_whatever_their_shards()
    {
        await ResizeAsync("unique", 4);
        var jobs = string.Join(',', Enumerable.Range(0, 12).Select(n => $$"""{"function":"reverse","input":"{{n}}","delay":"1h","unique":{"key":"u{{n % 8}}"} }"""));
        var answered = (await Http.PostJobsAsync("unique", $"[{jobs}]")).Is(202).Json.GetProperty("jobs").EnumerateArray().ToList();
        Assert.Equal(12, answered.Count);
        for (var n = 8; n < 12; n++)
            Assert.Equal(answered[n - 8].GetProperty("id").GetString(), answered[n].GetProperty("id").GetString());
        Assert.Equal(8, answered.Select(a => a.GetProperty("id").GetString()).Distinct().Count());
        for (var n = 0; n < 8; n++)
            Assert.Equal(n.ToString(System.Globalization.CultureInfo.InvariantCulture), await InputAsync(answered[n].GetProperty("id").GetString()!));
        // Clients send a key with every request.
        (await Http.PostJobsAsync("unique", """{"function":"reverse","input":"0","delay":"1h","unique":{"key":"u0"}}""", headers: ("Idempotency-Key", "k"))).Is(202);
    }

    [Fact]
    public async Task Workers_outside_get_the_jobs_of_all_shards_and_wait_for_those_of_any()
    {
        await ResizeAsync("outside", 3);
        for (var n = 0; n < 6; n++)
            await Http.PostJobAsync("outside", """{"function":"outside","input":1}""");
        var leased = await LeaseAsync("""{"worker":"w","functions":["outside"],"max":5}""");
        Assert.Equal(5, leased.Count);
        Assert.Single(await LeaseAsync("""{"worker":"w","functions":["outside"],"max":5}"""));
        var waiting = LeaseAsync("""{"worker":"w","functions":["outside"],"max":5,"wait":"30s"}""");
        await Http.PostJobAsync("outside", """{"function":"outside","input":1}""");
        Assert.Single(await waiting);
    }

    [Fact]
    public async Task A_full_shard_sends_jobs_without_a_key_to_another()
    {
        await ResizeAsync("filled", 2, """, "paused": true, "depthMax": 6""");
        const string Job = """{"function":"reverse","input":"a"}""";
        (await Http.PostJobsAsync("filled", $"[{Job},{Job},{Job}]")).Is(202);
        for (var n = 0; n < 3; n++)
            (await Http.PostJobsAsync("filled", Job)).Is(202);
        var refused = (await Http.PostJobsAsync("filled", Job)).IsProblem(429, "queue-full");
        Assert.Equal((6, 6), (refused.GetProperty("depth").GetInt32(), refused.GetProperty("depthMax").GetInt32()));
    }

    [Fact]
    public async Task Code_and_configuration_can_ask_for_shards()
    {
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.AddBuiltInFunctions();
            b.AddQueue("coded", q => (q.Shards, q.Paused) = (3, true));
            b.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Hearth:Queues:configured:DepthMax"] = "7", ["Hearth:Queues:configured:Timeout"] = "00:00:30", ["Hearth:Queues:configured:Retry:Attempts"] = "2",
                ["Hearth:Queues:configured:Limits:Rates:0:Starts"] = "5", ["Hearth:Queues:configured:Limits:Rates:0:Per"] = "00:01:00",
                ["Hearth:Queues:configured:DeadLetters:Queue"] = "dead", ["Hearth:Queues:configured:DeadLetters:Function"] = "echo",
                ["Hearth:Queues:configured:Breaker:Failures"] = "5", ["Hearth:Queues:configured:Breaker:Pause"] = "00:01:00",
            });
        });
        var configured = (await app.Http.FetchAsync("/v1/queues/configured")).Is(200).Json.GetProperty("definition").GetRawText();
        foreach (var part in new[] { "\"depthMax\":7", "\"timeout\":\"30s\"", "\"attempts\":2", "\"starts\":5,\"per\":\"1m\"", "\"deadLetters\":{\"queue\":\"dead\",\"function\":\"echo\"}", "\"breaker\":{\"failures\":5,\"of\":null,\"within\":null,\"pause\":\"1m\",\"pauseMax\":null,\"probes\":1}" })
            Assert.Contains(part, configured, StringComparison.Ordinal);
        for (var n = 0; n < 3; n++)
            (await app.Http.PostJobsAsync("coded", """{"function":"wordcount","inputText":"a"}""")).Is(202);
        var shards = await app.Web.Services.GetRequiredService<IJobStore>().ShardsAsync(CancellationToken.None);
        Assert.Equal(["default/coded/1", "default/coded/2", "default/coded/3"], shards.Select(s => s.Key).Where(k => ShardKey.QueueOf(k) == "coded").Order(StringComparer.Ordinal));
        var shown = (await app.Http.FetchAsync("/v1/queues/coded")).Is(200).Json;
        Assert.Equal((3, 3, true), (shown.GetProperty("shards").GetInt32(), shown.GetProperty("ready").GetInt32(), shown.GetProperty("paused").GetBoolean()));
    }

    private static int ShardOf(string path) => JobId.TryParse(path[9..], out var id) ? id.Shard : -1;

    private async Task ResizeAsync(string queue, int shards, string more = "") =>
        Assert.InRange((await Http.AskAsync("PUT", "/v1/queues/" + queue, Encoding.UTF8.GetBytes($$"""{"shards":{{shards}}{{more}}}"""), "application/json")).Status, 200, 201);

    private async Task<string> AcceptAsync(string queue, string job, string key)
    {
        var answer = (await Http.PostJobsAsync(queue, job, headers: ("Idempotency-Key", key))).Is(202);
        Assert.Equal("accepted", answer.Json.GetProperty("outcome").GetString());
        return answer.Json.GetProperty("id").GetString()!;
    }

    private async Task<string> RepeatAsync(string queue, string job, string key)
    {
        var answer = (await Http.PostJobsAsync(queue, job, headers: ("Idempotency-Key", key))).Is(202);
        Assert.Equal("repeat", answer.Json.GetProperty("outcome").GetString());
        return answer.Json.GetProperty("id").GetString()!;
    }

    /// <summary>What a job that waits was submitted with: run again at once, it gives it back.</summary>
    private async Task<string?> InputAsync(string id)
    {
        (await Http.AskAsync("DELETE", "/v1/jobs/" + id)).Is(200);
        var again = (await Http.AskAsync("POST", $"/v1/jobs/{id}/redrive")).Is(202).Header("Location")!;
        var result = (await Http.FetchAsync(again + "/result?wait=60s")).Is(200).Text;
        return JsonSerializer.Deserialize<string>(result);
    }

    private async Task<List<JsonElement>> LeaseAsync(string body) =>
        [.. (await Http.AskAsync("POST", "/v1/queues/outside/lease", Encoding.UTF8.GetBytes(body), "application/json")).Is(200).Json.GetProperty("jobs").EnumerateArray()];
}
