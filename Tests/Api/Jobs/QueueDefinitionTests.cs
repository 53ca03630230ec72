using System.Text;
using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A queue's definition over HTTP.</summary>
public sealed class QueueDefinitionTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    private const string Whole = """
        {"pool":"default","shards":1,"paused":false,"depthMax":1000,
         "retry":{"attempts":3,"initial":"10s","factor":1.5,"cap":"1m","jitter":0,"nonRetryable":["TimeoutException"]},
         "timeout":"90s","priority":2,"retention":{"succeeded":"1d","failed":"30d","cancelled":"PT90M"},
         "limits":{"rates":[{"starts":50,"per":"1s"},{"starts":15000,"per":"1d","burst":100}],"concurrency":8,"concurrencyPerSilo":4,
                   "key":"$.customer.id","keyRates":[{"starts":1,"per":"1s"}],"keyConcurrency":1,"keyConcurrencyPerSilo":1,"keyOrder":true,"fair":true,"weights":{"a":3},"ageing":"10m"},
         "deadLetters":{"queue":"dead","function":"wordcount"},
         "breaker":{"failures":20,"of":50,"within":"1m","pause":"30s","pauseMax":"1h","probes":2}}
        """;

    private HttpClient Http => silo.Http;

    [Fact]
    public async Task What_was_put_is_shown_and_what_was_left_out_is_null()
    {
        var put = await PutAsync("whole", Whole);
        put.Is(201);
        var shown = (await Http.FetchAsync("/v1/queues/whole")).Is(200);
        Assert.Equal(put.Text, shown.Text);
        Assert.Equal(put.Header("ETag"), shown.Header("ETag"));
        var definition = shown.Json.GetProperty("definition");
        Assert.Equal("90m", definition.GetProperty("retention").GetProperty("cancelled").GetString());
        Assert.Equal(1000, shown.Json.GetProperty("openMax").GetInt32());
        Assert.Equal(0, shown.Json.GetProperty("open").GetInt32());
        Assert.Equal(definition.GetRawText(), (await PutAsync("whole-2", definition.GetRawText())).Is(201).Json.GetProperty("definition").GetRawText());

        var small = (await PutAsync("whole", """{"timeout":"5s"}""")).Is(200).Json.GetProperty("definition");
        Assert.Equal("5s", small.GetProperty("timeout").GetString());
        Assert.All(["depthMax", "retry", "priority", "retention", "limits", "deadLetters", "breaker"], name => Assert.Equal(JsonValueKind.Null, small.GetProperty(name).ValueKind));
    }

    [Fact]
    public async Task It_is_put_and_shown_in_xml()
    {
        (await PutAsync("xml", Whole)).Is(201);
        var shown = (await Http.FetchAsync("/v1/queues/xml", ("Accept", "application/xml"))).Is(200).Text;
        Assert.Contains("<timeout>90s</timeout>", shown, StringComparison.Ordinal);
        const string Xml = """<value><paused>true</paused><depthMax>7</depthMax><limits><fair>true</fair><rates><item><starts>5</starts><per>1m</per></item><item><starts>9</starts><per>1h</per></item></rates></limits></value>""";
        var put = (await PutAsync("xml", Xml, "application/xml")).Is(200).Json.GetProperty("definition");
        Assert.True(put.GetProperty("paused").GetBoolean());
        Assert.Equal(7, put.GetProperty("depthMax").GetInt32());
        Assert.Equal("1h", put.GetProperty("limits").GetProperty("rates")[1].GetProperty("per").GetString());
    }

    [Fact]
    public async Task A_change_can_depend_on_what_is_stored()
    {
        var none = (await PutAsync("etag", "{}", headers: ("If-None-Match", "*"))).Is(201).Header("ETag")!;
        (await PutAsync("etag", "{}", headers: ("If-None-Match", "*"))).IsProblem(412, "precondition-failed");
        (await PutAsync("etag", "{}", headers: ("If-Match", "\"another\""))).IsProblem(412, "precondition-failed");
        var next = (await PutAsync("etag", """{"priority":1}""", headers: ("If-Match", none))).Is(200).Header("ETag")!;
        Assert.NotEqual(none, next);
        (await PutAsync("etag", "{}", headers: ("If-Match", none))).IsProblem(412, "precondition-failed");
        (await PutAsync("etag", "{}", headers: ("If-Match", "W/" + next))).IsProblem(412, "precondition-failed");
        (await PatchAsync("etag", """{"priority":2}""", ("If-Match", none))).IsProblem(412, "precondition-failed");
        (await PutAsync("etag", "{}", headers: ("If-Match", "nonsense"))).IsProblem(400, "malformed");
        (await Http.AskAsync("DELETE", "/v1/queues/etag", headers: ("If-Match", none))).IsProblem(412, "precondition-failed");
        (await Http.AskAsync("DELETE", "/v1/queues/etag", headers: ("If-Match", next))).Is(204);
        (await PutAsync("etag", "{}", headers: ("If-Match", "*"))).IsProblem(412, "precondition-failed");
        (await PutAsync("etag", "{}", headers: ("If-None-Match", "*"))).Is(201);
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_null_takes_back()
    {
        (await PutAsync("patch", Whole)).Is(201);
        var patched = (await PatchAsync("patch", """{"priority":null,"retry":{"cap":null,"attempts":5},"limits":{"weights":{"b":2},"rates":[]}}""")).Is(200).Json.GetProperty("definition");
        Assert.Equal(JsonValueKind.Null, patched.GetProperty("priority").ValueKind);
        Assert.Equal((5, "10s", JsonValueKind.Null), (patched.GetProperty("retry").GetProperty("attempts").GetInt32(), patched.GetProperty("retry").GetProperty("initial").GetString(), patched.GetProperty("retry").GetProperty("cap").ValueKind));
        Assert.Equal("""{"a":3,"b":2}""", patched.GetProperty("limits").GetProperty("weights").GetRawText());
        Assert.Equal(0, patched.GetProperty("limits").GetProperty("rates").GetArrayLength());
        Assert.Equal("90s", patched.GetProperty("timeout").GetString());
        (await PatchAsync("patch", """{"retry":null}""")).Is(200);
        (await PatchAsync("patch", "[1]")).IsProblem(422, "invalid-input");
        (await PatchAsync("patch-new", """{"paused":true}""")).Is(200);
    }

    [Fact]
    public async Task Many_changes_at_once_all_take_effect()
    {
        (await PutAsync("many", "{}")).Is(201);
        string[] patches = ["""{"priority":1}""", """{"timeout":"7s"}""", """{"depthMax":99}""", """{"paused":true}""", """{"deadLetters":{"queue":"d","function":"wordcount"}}"""];
        foreach (var answer in await Task.WhenAll(patches.Select(patch => PatchAsync("many", patch))))
            answer.Is(200);
        var definition = (await Http.FetchAsync("/v1/queues/many")).Is(200).Json.GetProperty("definition");
        Assert.Equal("""{"pool":"default","shards":1,"paused":true,"depthMax":99,"retry":null,"timeout":"7s","priority":1,"retention":null,"limits":null,"deadLetters":{"queue":"d","function":"wordcount"},"breaker":null}""", definition.GetRawText());
    }

    [Theory]
    [InlineData("""{"prority":1}""", "prority", "priority")]
    [InlineData("""{"limits":{"rate":[]}}""", "limits.rate", "rates")]
    [InlineData("""{"limits":{"rates":[{"start":1}]}}""", "limits.rates[0].start", "starts")]
    [InlineData("""{"deadLetters":{"queue":"d","function":"wordcont"}}""", "deadLetters.function", "wordcount")]
    public async Task What_is_not_known_is_refused_with_the_nearest_name(string body, string field, string near)
    {
        var problem = await PutAsync("refused", body);
        problem.IsProblem(422, "invalid-input");
        Assert.Equal(field, problem.Json.GetProperty("field").GetString());
        Assert.Contains(near, problem.Json.GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
        Assert.Contains(near, problem.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"timeout":5}""", "timeout")]
    [InlineData("""{"timeout":"soon"}""", "timeout")]
    [InlineData("""{"shards":"2"}""", "shards")]
    [InlineData("""{"shards":65}""", "shards")]
    [InlineData("""{"paused":"yes"}""", "paused")]
    [InlineData("""{"priority":300}""", "priority")]
    [InlineData("""{"limits":[]}""", "limits")]
    [InlineData("""{"limits":{"rates":[{"per":"1s"}]}}""", "limits.rates[0].starts")]
    [InlineData("""{"deadLetters":{"queue":"d"}}""", "deadLetters.function")]
    [InlineData("""{"breaker":{"pause":"1s"}}""", "breaker.failures")]
    [InlineData("""{"breaker":{"failures":0}}""", "breaker.failures")]
    [InlineData("""{"breaker":{"failures":5,"of":4}}""", "breaker.of")]
    [InlineData("""{"breaker":{"failures":5,"within":"2d"}}""", "breaker.within")]
    [InlineData("""{"breaker":{"failures":5,"pause":"500ms"}}""", "breaker.pause")]
    [InlineData("""{"breaker":{"failures":5,"pauseMax":"29s"}}""", "breaker.pauseMax")]
    [InlineData("""{"breaker":{"failures":5,"probes":101}}""", "breaker.probes")]
    [InlineData("""{"breaker":{"failures":5,"ratio":0.5}}""", "breaker.ratio")]
    [InlineData("[]", "$")]
    public async Task A_mistake_names_its_field(string body, string field)
    {
        var problem = await PutAsync("mistakes", body);
        problem.IsProblem(422, "invalid-input");
        Assert.Equal(field, problem.Json.GetProperty("field").GetString());
    }

    [Fact]
    public async Task What_cannot_be_read_is_refused()
    {
        (await PutAsync("unread", "")).IsProblem(400, "malformed");
        (await PutAsync("unread", "{")).IsProblem(400, "malformed");
        (await PutAsync("unread", """{"paused":true,"paused":false}""")).IsProblem(400, "malformed");
        (await PutAsync("unread", "paused", "text/plain")).IsProblem(415, "unsupported-media-type");
        (await PutAsync("unread", $$"""{"pool":"{{new string('a', 300 << 10)}}"}""")).IsProblem(413, "too-large");
        (await PutAsync("Unread", "{}")).IsProblem(422, "invalid-input");
        (await Http.FetchAsync("/v1/queues/unread")).IsProblem(404, "unknown-queue");
    }

    [Fact]
    public async Task A_deleted_definition_leaves_the_defaults_and_the_jobs()
    {
        (await PutAsync("deleted", """{"paused":true,"depthMax":5}""")).Is(201);
        var job = await Http.PostJobAsync("deleted", """{"function":"wordcount","inputText":"a"}""");
        (await Http.AskAsync("DELETE", "/v1/queues/deleted")).Is(204);
        Assert.Equal("succeeded", (await Http.EndAsync(job)).Json.GetProperty("state").GetString());
        var shown = (await Http.FetchAsync("/v1/queues/deleted")).Is(200).Json;
        Assert.False(shown.GetProperty("paused").GetBoolean());
        (await Http.AskAsync("DELETE", "/v1/queues/deleted")).Is(204);
    }

    [Fact]
    public async Task A_defined_queue_is_listed_before_its_first_job()
    {
        (await PutAsync("listed", """{"paused":true}""")).Is(201);
        var listed = (await Http.FetchAsync("/v1/queues")).Is(200).Json.GetProperty("queues").EnumerateArray().Single(q => q.GetProperty("name").GetString() == "listed");
        Assert.True(listed.GetProperty("paused").GetBoolean());
        Assert.Equal(0, listed.GetProperty("open").GetInt32());
    }

    [Fact]
    public async Task A_paused_queue_takes_jobs_and_starts_none_until_it_is_resumed()
    {
        Assert.True((await Http.AskAsync("POST", "/v1/queues/paused/pause")).Is(200).Json.GetProperty("paused").GetBoolean());
        var job = await Http.PostJobAsync("paused", """{"function":"wordcount","inputText":"a"}""");
        Assert.Equal("ready", (await Http.FetchAsync(job + "?wait=300ms")).Is(200).Json.GetProperty("state").GetString());
        Assert.False((await Http.AskAsync("POST", "/v1/queues/paused/resume")).Is(200).Json.GetProperty("paused").GetBoolean());
        Assert.Equal("succeeded", (await Http.EndAsync(job)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_full_queue_says_which_it_is_how_full_and_when_to_come_again()
    {
        (await PutAsync("full", """{"paused":true,"depthMax":2}""")).Is(201);
        const string Job = """{"function":"wordcount","inputText":"a"}""";
        (await Http.PostJobsAsync("full", $"[{Job},{Job}]")).Is(202);
        var refused = await Http.PostJobsAsync("full", Job);
        refused.IsProblem(429, "queue-full");
        Assert.NotNull(refused.Header("Retry-After"));
        var problem = refused.Json;
        Assert.Equal(("full", 2, 2), (problem.GetProperty("queue").GetString(), problem.GetProperty("depth").GetInt32(), problem.GetProperty("depthMax").GetInt32()));
        (await PatchAsync("full", """{"depthMax":3}""")).Is(200);
        (await Http.PostJobsAsync("full", Job)).Is(202);
    }

    private Task<Answer> PutAsync(string queue, string body, string type = "application/json", params (string Name, string Value)[] headers) =>
        Http.AskAsync("PUT", "/v1/queues/" + queue, Encoding.UTF8.GetBytes(body), type, headers);

    private Task<Answer> PatchAsync(string queue, string body, params (string Name, string Value)[] headers) =>
        Http.AskAsync("PATCH", "/v1/queues/" + queue, Encoding.UTF8.GetBytes(body), "application/merge-patch+json", headers);
}
