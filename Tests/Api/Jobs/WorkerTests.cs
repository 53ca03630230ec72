using System.Text;
using System.Text.Json;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Workers outside: lease, heartbeat and complete.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private const string Lease = """{"worker":"w","functions":["ocr"],"max":10}""";

    private StartedApplication app = null!;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(b => b
        .AddFunction("greet", (string name) => "Hello, " + name)
        .AddExternalFunction("ocr", o => o.Description = "Reads pictures.")
        .AddExternalFunction("texts", o => o.InputContentTypes.Add("text/plain")));

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task A_leased_job_tells_all_that_a_worker_needs()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":{"page":[1,null]},"tags":["a"],"retry":{"attempts":2}}""");
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        var job = Assert.Single((await PostAsync("lease", """{"worker":"w","functions":["greet","ocr"],"max":10,"lease":"1m","wait":"20s"}""")).Is(200).Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal(path, "/v1/jobs/" + job.GetProperty("id").GetString());
        Assert.Equal((1, "ocr", "application/json"), (job.GetProperty("attempt").GetInt32(), job.GetProperty("function").GetString(), job.GetProperty("contentType").GetString()));
        Assert.True(job.GetProperty("epoch").GetInt64() > 0);
        Assert.Equal("""{"page":[1,null]}""", job.GetProperty("input").ToString());
        Assert.False(job.TryGetProperty("inputBase64", out _));
        Assert.Equal(["a"], job.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!));
        Assert.Empty(job.GetProperty("parameters").EnumerateObject());
        Assert.InRange(job.GetProperty("leaseUntil").GetDateTimeOffset(), before.AddMinutes(1), before.AddMinutes(3));
        Assert.Equal("running", (await app.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("""{"function":"ocr","inputBase64":"AAH/"}""", "application/octet-stream", "AAH/")]
    [InlineData("""{"function":"ocr","inputBase64":"AQ==","contentType":"image/png"}""", "image/png", "AQ==")]
    [InlineData("""{"function":"texts","inputText":"a"}""", "text/plain", "YQ==")]
    [InlineData("""{"function":"ocr","inputBase64":"ey4=","contentType":"application/json"}""", "application/json", "ey4=")]
    [InlineData("""{"function":"ocr"}""", "application/octet-stream", "")]
    public async Task Any_input_comes_as_it_was_sent(string submission, string contentType, string base64)
    {
        await app.Http.PostJobAsync("q", submission);
        var job = Assert.Single((await PostAsync("lease", """{"worker":"w","functions":["ocr","texts"]}""")).Is(200).Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal((contentType, base64), (job.GetProperty("contentType").GetString(), job.GetProperty("inputBase64").GetString()));
        Assert.False(job.TryGetProperty("input", out _));
    }

    [Fact]
    public async Task A_deep_input_comes_as_bytes()
    {
        var deep = new string('[', 64) + new string(']', 64);
        await app.Http.PostJobAsync("q", $$"""{"function":"ocr","input":{{deep}}}""");
        var job = (await PostAsync("lease", Lease)).Is(200).Json.GetProperty("jobs")[0];
        Assert.Equal(deep, Encoding.UTF8.GetString(job.GetProperty("inputBase64").GetBytesFromBase64()));
    }

    [Theory]
    [InlineData("""{"result":{"a":[1]}}""", 200, "application/json", """{"a":[1]}""")]
    [InlineData("""{"result":null}""", 200, "application/json", "null")]
    [InlineData("""{"resultText":"ä"}""", 200, "text/plain; charset=utf-8", "ä")]
    [InlineData("""{"resultText":"<a/>","contentType":"text/html"}""", 200, "text/html", "<a/>")]
    [InlineData("""{"resultBase64":"YWI="}""", 200, "application/octet-stream", "ab")]
    [InlineData("{}", 204, null, "")]
    public async Task A_result_is_given_as_it_was_sent(string members, int status, string? contentType, string text)
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":1}""");
        var id = await LeaseOneAsync();
        var more = members == "{}" ? "}" : "," + members[1..];
        var answer = (await PostAsync("complete", $$"""{"id":"{{id}}","attempt":1,"outcome":"succeeded"{{more}}""")).Is(200);
        Assert.Equal($$"""{"id":"{{id}}","attempt":1,"outcome":"accepted"}""", answer.Text);
        var result = (await app.Http.FetchAsync(path + "/result")).Is(status);
        Assert.Equal((contentType, text), (result.ContentType, result.Text));
    }

    [Fact]
    public async Task Failures_returns_and_repeats_are_taken_as_they_are_told()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":1,"retry":{"attempts":2,"initial":"10ms"}}""");
        var id = await LeaseOneAsync();
        var returned = $$"""[{"id":"{{id}}","attempt":1,"outcome":"returned"}]""";
        Assert.Equal("accepted", await OneAsync(returned));
        Assert.Equal("accepted", await OneAsync(returned));
        await LeaseOneAsync(2);
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{id}}","attempt":1,"outcome":"succeeded"}]"""));
        var failed = $$"""[{"id":"{{id}}","attempt":2,"outcome":"failed","error":"no light","errorType":"Dark"}]""";
        Assert.Equal("accepted", await OneAsync(failed));
        await LeaseOneAsync(3);
        Assert.Equal("accepted", await OneAsync(failed));
        Assert.Equal("lost", await OneAsync(failed.Replace("Dark", "Bright", StringComparison.Ordinal)));
        var last = $$"""[{"id":"{{id}}","attempt":3,"outcome":"failedForGood"}]""";
        Assert.Equal("accepted", await OneAsync(last));
        Assert.Equal("accepted", await OneAsync(last));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{id}}","attempt":3,"outcome":"succeeded","result":1}]"""));
        var ended = (await app.Http.FetchAsync(path)).Json;
        Assert.Equal(("failed", "failed", 3), (ended.GetProperty("state").GetString(), ended.GetProperty("errorType").GetString(), ended.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task Workers_snooze_wait_and_discard()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":1,"retry":{"attempts":2,"initial":"1d"}}""");
        var id = await LeaseOneAsync();
        var snoozed = $$"""[{"id":"{{id}}","attempt":1,"outcome":"snoozed","after":"1s","error":"not yet"}]""";
        Assert.Equal("accepted", await OneAsync(snoozed));
        Assert.Equal("accepted", await OneAsync(snoozed));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{id}}","attempt":1,"outcome":"returned"}]"""));
        var job = (await app.Http.FetchAsync(path)).Json;
        Assert.Equal(("scheduled", 1), (job.GetProperty("state").GetString(), job.GetProperty("attempt").GetInt32()));
        await LeaseOneAsync(2);
        Assert.Equal("accepted", await OneAsync($$"""[{"id":"{{id}}","attempt":2,"outcome":"failed","after":"1s"}]"""));
        await LeaseOneAsync(3);
        var discarded = $$"""[{"id":"{{id}}","attempt":3,"outcome":"discarded","error":"gone"}]""";
        Assert.Equal("accepted", await OneAsync(discarded));
        Assert.Equal("accepted", await OneAsync(discarded));
        job = (await app.Http.FetchAsync(path)).Json;
        Assert.Equal(
            ("cancelled", "gone", "discarded"),
            (job.GetProperty("state").GetString(), job.GetProperty("error").GetString(), job.GetProperty("errorType").GetString()));
    }

    [Theory]
    [InlineData("\"outcome\":\"snoozed\"", "after")]
    [InlineData("\"outcome\":\"snoozed\",\"after\":\"0s\"", "after")]
    [InlineData("\"outcome\":\"failed\",\"after\":\"31d\"", "after")]
    [InlineData("\"outcome\":\"failedForGood\",\"after\":\"1m\"", "after")]
    [InlineData("\"outcome\":\"discarded\",\"errorType\":\"x\"", "errorType")]
    [InlineData("\"outcome\":\"succeeded\",\"after\":\"1m\"", "after")]
    [InlineData("\"outcome\":\"failed\",\"backOff\":\"queue\"", "backOff")]
    [InlineData("\"outcome\":\"failed\",\"after\":\"1m\",\"backOff\":\"all\"", "backOff")]
    [InlineData("\"outcome\":\"snoozed\",\"after\":\"1m\",\"backOff\":1", "backOff")]
    [InlineData("\"outcome\":\"succeeded\",\"backOff\":\"queue\"", "backOff")]
    [InlineData("\"outcome\":\"failedForGood\",\"backOff\":\"key\"", "backOff")]
    public async Task A_wait_that_does_not_go_with_the_outcome_is_refused(string members, string field)
    {
        var answer = (await PostAsync("complete", $$"""{"id":"01a1fe06a6ab7bef9bf7c765b76ecb7d","attempt":1,{{members}}}""")).Is(422);
        Assert.Equal(field, answer.Json.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_success_told_twice_is_accepted_twice_and_another_one_is_lost()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":1}""");
        var id = await LeaseOneAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal("accepted", await OneAsync($$"""[{"id":"{{id}}","attempt":1,"outcome":"succeeded","result":1}]"""));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{id}}","attempt":1,"outcome":"succeeded","result":2}]"""));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{id}}","attempt":2,"outcome":"succeeded","result":1}]"""));
        Assert.Equal("1", (await app.Http.FetchAsync(path + "/result")).Text);
    }

    [Fact]
    public async Task A_heartbeat_renews_and_tells_what_is_lost_and_what_is_cancelled()
    {
        var held = (await app.Http.PostJobAsync("q", """{"function":"ocr","input":1}"""))[9..];
        var cancelled = (await app.Http.PostJobAsync("q", """{"function":"ocr","input":2}"""))[9..];
        var other = (await app.Http.PostJobAsync("other", """{"function":"ocr","input":3}"""))[9..];
        var until = (await PostAsync("lease", Lease)).Json.GetProperty("jobs")[0].GetProperty("leaseUntil").GetDateTimeOffset();
        (await PostAsync("lease", Lease, queue: "other")).Is(200);
        (await app.Http.AskAsync("DELETE", "/v1/jobs/" + cancelled)).Is(200);
        var answers = (await PostAsync("heartbeat", $$"""
            {"lease":"10m","jobs":[{"id":"{{held}}","attempt":1},{"id":"{{cancelled}}","attempt":1},{"id":"{{held}}","attempt":2},
            {"id":"{{other}}","attempt":1},{"id":"01a1fe06a6ab7bef9bf7c765b76ecb7d","attempt":1}]}
            """)).Is(200).Json.GetProperty("jobs").EnumerateArray().ToList();
        Assert.Equal(["renewed", "cancelled", "lost", "lost", "lost"], answers.Select(a => a.GetProperty("outcome").GetString()!));
        Assert.True(answers[0].GetProperty("leaseUntil").GetDateTimeOffset() > until.AddMinutes(8));
        Assert.All(answers.Skip(1), a => Assert.Equal(JsonValueKind.Null, a.GetProperty("leaseUntil").ValueKind));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{cancelled}}","attempt":1,"outcome":"succeeded"}]"""));
        Assert.Equal("lost", await OneAsync($$"""[{"id":"{{other}}","attempt":1,"outcome":"succeeded"}]"""));
    }

    [Fact]
    public async Task Who_waits_gets_a_job_as_soon_as_it_comes_and_nothing_when_none_does()
    {
        Assert.Equal("""{"jobs":[]}""", (await PostAsync("lease", Lease)).Is(200).Text);
        Assert.Equal("""{"jobs":[]}""", (await PostAsync("lease", Lease[..^1] + ""","wait":"200ms"}""")).Is(200).Text);
        var waiting = Enumerable.Range(0, 3).Select(_ => PostAsync("lease", Lease[..^1] + ""","wait":"60s"}""")).ToList();
        for (var i = 1; i <= 3; i++)
        {
            await app.Http.PostJobAsync("q", """{"function":"ocr","input":1}""");
            var first = await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(30));
            waiting.Remove(first);
            Assert.Equal(1, (await first).Is(200).Json.GetProperty("jobs").GetArrayLength());
        }
    }

    [Fact]
    public async Task Who_has_gone_while_waiting_gets_nothing()
    {
        using var going = new CancellationTokenSource();
        using var body = new StringContent(Lease[..^1] + ""","wait":"60s"}""", Encoding.UTF8, "application/json");
        var gone = app.Http.PostAsync("/v1/queues/q/lease", body, going.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await app.Http.PostJobAsync("q", """{"function":"ocr","input":1}""");
        var job = (await PostAsync("lease", Lease[..^1] + ""","wait":"60s"}""")).Is(200).Json.GetProperty("jobs")[0];
        // Should it have been leased to the one who has gone, it came back at no cost.
        var path = "/v1/jobs/" + job.GetProperty("id").GetString();
        Assert.DoesNotContain("attempt-failed", (await app.Http.FetchAsync(path)).Text, StringComparison.Ordinal);
        Assert.InRange(job.GetProperty("attempt").GetInt32(), 1, 2);
    }

    [Fact]
    public async Task What_was_leased_for_one_who_has_gone_comes_back_at_no_cost()
    {
        var store = new FaultyJobStore(new InMemoryJobStore(TimeProvider.System));
        await using var other = await StartedApplication.StartAsync(b => b.AddExternalFunction("ocr").Services.AddSingleton<IJobStore>(store));
        var path = await other.Http.PostJobAsync("q", """{"function":"ocr","input":1,"retry":{"attempts":1}}""");
        store.HoldWrites();
        using var going = new CancellationTokenSource();
        using var body = new StringContent(Lease, Encoding.UTF8, "application/json");
        var gone = other.Http.PostAsync("/v1/queues/q/lease", body, going.Token);
        await JobWorld.EventuallyAsync(() => store.HeldWrites == 1, "the lease waits to be stored");
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        // The silo hears of it by itself.
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        store.ReleaseWrites();
        await other.Http.BecomesAsync(path, "ready");
        Assert.Contains("attempt-returned", await EventsAsync(other, path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_external_function_is_listed_as_such_and_a_call_says_what_to_do()
    {
        Assert.True((await app.Http.FetchAsync("/v1/functions/ocr")).Json.GetProperty("external").GetBoolean());
        Assert.False((await app.Http.FetchAsync("/v1/functions/greet")).Json.GetProperty("external").GetBoolean());
        var problem = (await app.Http.CallAsync("ocr", "{}")).IsProblem(409, "run-outside");
        Assert.Contains("respond-async", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await app.Http.CallAsync("ocr", new string('x', (1 << 20) + 1), "text/plain", ("Prefer", "respond-async"))).IsProblem(413, "too-large");
        (await app.Http.CallAsync("texts", "{}", "application/json", ("Prefer", "respond-async"))).IsProblem(415, "unsupported-media-type");

        var call = app.Http.CallAsync("ocr", "abc", "text/plain", ("Prefer", "wait=60"));
        var job = (await PostAsync("lease", Lease[..^1] + ""","wait":"60s"}""", queue: "default")).Is(200).Json.GetProperty("jobs")[0];
        Assert.Equal("YWJj", job.GetProperty("inputBase64").GetString());
        (await PostAsync("complete", $$"""{"id":"{{job.GetProperty("id")}}","attempt":1,"outcome":"succeeded","resultText":"done"}""", queue: "default")).Is(200);
        Assert.Equal("done", (await call).Is(200).Text);
    }

    [Fact]
    public async Task Everything_is_there_in_xml()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"ocr","input":{"n":1},"tags":["a","b"]}""");
        var leased = (await PostXmlAsync("lease", "<value><worker>w</worker><functions><item>ocr</item></functions><max>2</max><lease>PT1M</lease></value>")).Is(200).Xml;
        var job = leased["jobs"]!["item"]!;
        Assert.Equal(("1", "ab"), (job["input"]!["n"]!.InnerText, job["tags"]!.InnerText));
        var id = job["id"]!.InnerText;
        var renewed = (await PostXmlAsync("heartbeat", $"<value><lease>2m</lease><jobs><item><id>{id}</id><attempt>1</attempt></item></jobs></value>")).Is(200).Xml;
        Assert.Equal("renewed", renewed["jobs"]!["item"]!["outcome"]!.InnerText);
        var completed = (await PostXmlAsync(
            "complete", $"<value><id>{id}</id><attempt>1</attempt><outcome>succeeded</outcome><result><text>x</text></result></value>")).Is(200).Xml;
        Assert.Equal("accepted", completed["outcome"]!.InnerText);
        Assert.Equal("""{"text":"x"}""", (await app.Http.FetchAsync(path + "/result")).Text);
        (await PostXmlAsync("complete", $"<value><item><id>{id}</id><attempt>1</attempt><outcome>lost</outcome></item></value>")).IsXmlProblem(422, "invalid-input");
    }

    [Theory]
    [InlineData("lease", "", 400, "malformed", null)]
    [InlineData("lease", "{", 400, "malformed", null)]
    [InlineData("lease", """{"worker":"w","worker":"w","functions":["ocr"]}""", 400, "malformed", null)]
    [InlineData("lease", "[]", 422, "invalid-input", "$")]
    [InlineData("lease", "{}", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":1,"functions":["ocr"]}""", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":"","functions":["ocr"]}""", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":"a\u0000","functions":["ocr"]}""", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":"\ud800","functions":["ocr"]}""", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":"w","functions":["f","f\ud800"]}""", 422, "invalid-input", "functions[1]")]
    [InlineData("lease", """{"worker":"LONG","functions":["ocr"]}""", 422, "invalid-input", "worker")]
    [InlineData("lease", """{"worker":"w"}""", 422, "invalid-input", "functions")]
    [InlineData("lease", """{"worker":"w","functions":[]}""", 422, "invalid-input", "functions")]
    [InlineData("lease", """{"worker":"w","functions":"ocr"}""", 422, "invalid-input", "functions")]
    [InlineData("lease", """{"worker":"w","functions":["ocr","Ocr"]}""", 422, "invalid-input", "functions[1]")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"max":0}""", 422, "invalid-input", "max")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"max":257}""", 422, "invalid-input", "max")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"max":"1"}""", 422, "invalid-input", "max")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"max":1.5}""", 422, "invalid-input", "max")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"lease":"0.5s"}""", 422, "invalid-input", "lease")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"lease":"61m"}""", 422, "invalid-input", "lease")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"lease":30}""", 422, "invalid-input", "lease")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"wait":"61s"}""", 422, "invalid-input", "wait")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"wait":"soon"}""", 422, "invalid-input", "wait")]
    [InlineData("lease", """{"worker":"w","functions":["ocr"],"queue":"q"}""", 422, "invalid-input", "queue")]
    [InlineData("heartbeat", """{"lease":"30s"}""", 422, "invalid-input", "jobs")]
    [InlineData("heartbeat", """{"jobs":[]}""", 422, "invalid-input", "jobs")]
    [InlineData("heartbeat", """{"jobs":MANY}""", 422, "invalid-input", "jobs")]
    [InlineData("heartbeat", """{"jobs":[1]}""", 422, "invalid-input", "jobs[0]")]
    [InlineData("heartbeat", """{"jobs":[{"attempt":1}]}""", 422, "invalid-input", "jobs[0].id")]
    [InlineData("heartbeat", """{"jobs":[{"id":"x","attempt":1}]}""", 422, "invalid-input", "jobs[0].id")]
    [InlineData("heartbeat", """{"jobs":[{"id":"ID"}]}""", 422, "invalid-input", "jobs[0].attempt")]
    [InlineData("heartbeat", """{"jobs":[{"id":"ID","attempt":0}]}""", 422, "invalid-input", "jobs[0].attempt")]
    [InlineData("heartbeat", """{"jobs":[{"id":"ID","attempt":1}],"lease":"2h"}""", 422, "invalid-input", "lease")]
    [InlineData("complete", "7", 422, "invalid-input", "$")]
    [InlineData("complete", "[]", 422, "invalid-input", "$")]
    [InlineData("complete", "MANY", 422, "invalid-input", "$")]
    [InlineData("complete", """[{"id":"ID","attempt":1}]""", 422, "invalid-input", "[0].outcome")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"done"}""", 422, "invalid-input", "outcome")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","error":"x"}""", 422, "invalid-input", "error")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"failed","result":null}""", 422, "invalid-input", "result")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"returned","errorType":"x"}""", 422, "invalid-input", "errorType")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","result":1,"resultText":"1"}""", 422, "invalid-input", "resultText")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","resultText":1}""", 422, "invalid-input", "resultText")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","resultBase64":"a"}""", 422, "invalid-input", "resultBase64")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","result":1,"contentType":"text/plain"}""", 422, "invalid-input", "contentType")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","resultText":"1","contentType":"text"}""", 422, "invalid-input", "contentType")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","contentType":"text/plain"}""", 422, "invalid-input", "contentType")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"failed","errorType":""}""", 422, "invalid-input", "errorType")]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","result":{"a":1,"a":2}}""", 400, "malformed", null)]
    [InlineData("complete", """{"id":"ID","attempt":1,"outcome":"succeeded","resultText":"BIG"}""", 413, "too-large", "resultText")]
    public async Task What_is_wrong_is_named(string route, string body, int status, string slug, string? field)
    {
        body = body.Replace("LONG", new string('a', 129), StringComparison.Ordinal).Replace("ID", "01a1fe06a6ab7bef9bf7c765b76ecb7d", StringComparison.Ordinal)
            .Replace("BIG", new string('a', (16 << 20) + 1), StringComparison.Ordinal)
            .Replace("MANY", "[" + string.Join(',', Enumerable.Repeat("{}", 1_001)) + "]", StringComparison.Ordinal);
        var problem = (await PostAsync(route, body)).IsProblem(status, slug);
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
    }

    [Fact]
    public async Task Wrong_notations_and_queues_are_refused()
    {
        foreach (var route in new[] { "lease", "heartbeat", "complete" })
        {
            (await PostAsync(route, Lease, "text/plain")).IsProblem(415, "unsupported-media-type");
            (await PostAsync(route, Lease, "application/json; charset=utf-16")).IsProblem(415, "unsupported-media-type");
            (await PostAsync(route, "<value>", "application/xml")).IsProblem(400, "malformed");
            Assert.Equal("queue", (await PostAsync(route, Lease, queue: "Q")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
            (await app.Http.FetchAsync($"/v1/queues/q/{route}")).IsProblem(405, "method-not-allowed");
        }
    }

    private static async Task<string> EventsAsync(StartedApplication from, string path)
    {
        (await from.Http.AskAsync("DELETE", path)).Is(200);
        return (await from.Http.FetchAsync(path + "/events")).Is(200).Text;
    }

    private async Task<string> LeaseOneAsync(int attempt = 1)
    {
        var job = Assert.Single((await PostAsync("lease", Lease[..^1] + ""","wait":"60s"}""")).Is(200).Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal(attempt, job.GetProperty("attempt").GetInt32());
        return job.GetProperty("id").GetString()!;
    }

    private async Task<string> OneAsync(string body) =>
        Assert.Single((await PostAsync("complete", body)).Is(200).Json.GetProperty("jobs").EnumerateArray()).GetProperty("outcome").GetString()!;

    private Task<Answer> PostAsync(string route, string body, string contentType = "application/json", string queue = "q") =>
        app.Http.AskAsync("POST", $"/v1/queues/{queue}/{route}", Encoding.UTF8.GetBytes(body), contentType);

    private Task<Answer> PostXmlAsync(string route, string body) =>
        app.Http.AskAsync("POST", $"/v1/queues/q/{route}", Encoding.UTF8.GetBytes(body), "application/xml", ("Accept", "application/xml"));
}
