using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Submitting jobs to a queue.</summary>
public sealed class SubmitTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task One_job_is_stored_answered_202_and_runs()
    {
        var answer = (await silo.Http.PostJobsAsync("one", """{"function":"reverse","input":"abc","tags":["a","ü"],"priority":2}""")).Is(202);
        var path = answer.Header("Location")!;
        Assert.Equal(("1", "accepted", path), (answer.Header("Retry-After"), answer.Json.GetProperty("outcome").GetString(), answer.Json.GetProperty("job").GetString()));
        var job = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal(("one", "reverse", "succeeded", 2, 1), (
            job.GetProperty("queue").GetString(), job.GetProperty("function").GetString(), job.GetProperty("state").GetString(),
            job.GetProperty("priority").GetInt32(), job.GetProperty("attempt").GetInt32()));
        Assert.Equal(["a", "ü"], job.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal("\"cba\"", (await silo.Http.FetchAsync(path + "/result")).Is(200).Text);
    }

    [Fact]
    public async Task An_array_is_answered_in_its_order_and_all_run()
    {
        var jobs = string.Join(',', Enumerable.Range(0, 200).Select(i => $$"""{"function":"reverse","input":"{{i:000}}"}"""));
        var answers = (await silo.Http.PostJobsAsync("array", $"[{jobs}]")).Is(202).Json.GetProperty("jobs").EnumerateArray().ToList();
        Assert.Equal(200, answers.Count);
        for (var i = 0; i < answers.Count; i += 33)
        {
            var path = answers[i].GetProperty("job").GetString()!;
            await silo.Http.EndAsync(path);
            Assert.Equal($"\"{new string([.. $"{i:000}".Reverse()])}\"", (await silo.Http.FetchAsync(path + "/result")).Text);
        }
    }

    [Fact]
    public async Task An_array_of_one_is_answered_as_an_array() =>
        Assert.Single((await silo.Http.PostJobsAsync("array", """[{"function":"reverse","input":"a"}]""")).Is(202).Json.GetProperty("jobs").EnumerateArray());

    [Theory]
    [InlineData("""{"function":"reverse","input":"a\u00e9\"b"}""", "\"b\\\"éa\"")]
    [InlineData("""{"function":"reverse","inputText":"a\u00e9\nb"}""", "\"b\\néa\"")]
    [InlineData("""{"function":"reverse"}""", "\"\"")]
    [InlineData("""{"function":"reverse-bytes","inputBase64":"AQID"}""", "\u0003\u0002\u0001")]
    [InlineData("""{"function":"reverse-bytes","inputText":"abc"}""", "cba")]
    [InlineData("""{"function":"long-stream","input": {"a" : [1, 2]} }""", "{\"a\" : [1, 2]}")]
    [InlineData("""{"function":"narrow","inputText":"{\"name\":\"a\"}","contentType":"application/json; charset=utf-8"}""", "{\"name\":\"a\"}")]
    [InlineData("""{"function":"picture","inputBase64":"AQ==","contentType":"IMAGE/PNG"}""", "\u0001")]
    [InlineData("""{"function":"ping","input":null,"retry":null,"tags":null,"delay":null}""", "\"pong\"")]
    public async Task An_input_may_be_json_text_or_bytes(string job, string result)
    {
        var path = await silo.Http.PostJobAsync("inputs", job);
        Assert.Equal("succeeded", (await silo.Http.EndAsync(path)).Json.GetProperty("state").GetString());
        var answer = (await silo.Http.FetchAsync(path + "/result")).Is(200);
        if (answer.ContentType == "application/json")
            Assert.Equal(JsonDocument.Parse(result).RootElement.ToString(), answer.Json.ToString());
        else
            Assert.Equal(result, answer.Text);
    }

    [Fact]
    public async Task Parameters_reach_the_function()
    {
        var path = await silo.Http.PostJobAsync("inputs", """{"function":"half","inputText":"a","parameters":{"bytes":"12"},"retry":{"attempts":1}}""");
        Assert.Equal("only half of it", (await silo.Http.EndAsync(path)).Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Jobs_come_as_xml_and_are_answered_in_xml()
    {
        const string Xml = """
            <value>
              <item><function>reverse</function><input>abc</input><priority>1</priority><tags><item>x</item></tags></item>
              <item><function>square</function><input><value>12</value></input><retry><attempts>2</attempts><factor>1.5</factor></retry></item>
            </value>
            """;
        var jobs = (await silo.Http.PostJobsAsync("xml", Xml, "text/xml", ("Accept", "application/xml"))).Is(202).Xml["jobs"]!;
        Assert.Equal(2, jobs.ChildNodes.Count);
        var path = jobs.ChildNodes[1]!["job"]!.InnerText;
        var job = (await silo.Http.FetchAsync(path + "?wait=30s", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal(("succeeded", "xml"), (job["state"]!.InnerText, job["queue"]!.InnerText));
        Assert.Equal("144", (await silo.Http.FetchAsync(path + "/result")).Text);
        var first = (await silo.Http.FetchAsync(jobs.ChildNodes[0]!["job"]!.InnerText + "?wait=30s")).Json;
        Assert.Equal((1, "x"), (first.GetProperty("priority").GetInt32(), first.GetProperty("tags")[0].GetString()));
        (await silo.Http.PostJobsAsync("xml", "<value><function>reverse</function><input>abc</input></value>", "application/xml")).Is(202);
    }

    [Fact]
    public async Task A_delayed_job_waits_and_one_whose_time_has_come_does_not()
    {
        var later = await silo.Http.PostJobAsync("times", """{"function":"reverse","input":"a","delay":"1h"}""");
        var job = (await silo.Http.FetchAsync(later)).Json;
        Assert.Equal("scheduled", job.GetProperty("state").GetString());
        Assert.Equal(job.GetProperty("acceptedAt").GetDateTimeOffset().AddHours(1), job.GetProperty("dueAt").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        var past = await silo.Http.PostJobAsync("times", """{"function":"reverse","input":"a","dueAt":"2001-02-03T04:05:06+01:00"}""");
        Assert.Equal("succeeded", (await silo.Http.EndAsync(past)).Json.GetProperty("state").GetString());
        var soon = await silo.Http.PostJobAsync("times", """{"function":"reverse","input":"a","delay":"PT0.3S"}""");
        Assert.Equal("succeeded", (await silo.Http.EndAsync(soon)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_job_that_has_expired_ends_as_cancelled()
    {
        var path = await silo.Http.PostJobAsync("times", """{"function":"reverse","input":"a","expiresAt":"2001-01-01T00:00:00Z"}""");
        var job = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal(("cancelled", "expired"), (job.GetProperty("state").GetString(), job.GetProperty("errorType").GetString()));
        (await silo.Http.FetchAsync(path + "/result")).IsProblem(410, "job-cancelled");
    }

    [Fact]
    public async Task A_failing_job_is_tried_again_as_its_policy_says()
    {
        var path = await silo.Http.PostJobAsync("retries", """{"function":"flaky","input":{"value":2}}""");
        Assert.Equal(3, (await silo.Http.EndAsync(path)).Json.GetProperty("attempt").GetInt32());
        path = await silo.Http.PostJobAsync("retries", """{"function":"flaky","input":{"value":9},"retry":{"attempts":2,"initial":"10ms"}}""");
        var job = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal(("failed", 2, "attempt 2 fails"), (job.GetProperty("state").GetString(), job.GetProperty("attempt").GetInt32(), job.GetProperty("error").GetString()));
        path = await silo.Http.PostJobAsync("retries", """{"function":"flaky","input":{"value":9},"retry":{"nonRetryable":["FunctionException"]}}""");
        Assert.Equal(1, (await silo.Http.EndAsync(path)).Json.GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task A_retrying_job_tells_when_and_why()
    {
        var path = await silo.Http.PostJobAsync("retries", """{"function":"flaky","input":{"value":9},"retry":{"initial":"1h"}}""");
        var job = (await silo.Http.BecomesAsync(path, "retrying")).Json;
        Assert.Equal(("attempt 1 fails", "FunctionException", 1), (job.GetProperty("error").GetString(), job.GetProperty("errorType").GetString(), job.GetProperty("attempt").GetInt32()));
        Assert.True(job.GetProperty("dueAt").GetDateTimeOffset() > job.GetProperty("startedAt").GetDateTimeOffset().AddMinutes(50));
    }

    [Fact]
    public async Task A_jobs_own_timeout_counts()
    {
        var path = await silo.Http.PostJobAsync("times", """{"function":"ledger","input":{"file":"/dev/null","seconds":60},"timeout":"200ms","retry":{"attempts":1}}""");
        Assert.Equal("timeout", (await silo.Http.EndAsync(path)).Json.GetProperty("errorType").GetString());
    }

    [Fact]
    public async Task A_unique_job_is_accepted_once_and_its_repeats_are_answered_with_it()
    {
        const string Job = """{"function":"reverse","input":"u","delay":"1h","unique":{}}""";
        const string Keyed = """{"function":"reverse","input":"v","delay":"1h","unique":{"key":"k","within":"1h","while":["scheduled"]}}""";
        var first = (await silo.Http.PostJobsAsync("unique", Job)).Is(202);
        var second = (await silo.Http.PostJobsAsync("unique", Job)).Is(202);
        Assert.Equal(("duplicate", first.Header("Location")), (second.Json.GetProperty("outcome").GetString(), second.Header("Location")));
        var many = (await silo.Http.PostJobsAsync("unique", $"[{Keyed},{Job},{Keyed},{Job.Replace("\"u\"", "\"w\"", StringComparison.Ordinal)}]")).Is(202).Json.GetProperty("jobs");
        Assert.Equal(["accepted", "duplicate", "duplicate", "accepted"], many.EnumerateArray().Select(j => j.GetProperty("outcome").GetString()));
        Assert.Equal(many[0].GetProperty("id").GetString(), many[2].GetProperty("id").GetString());
        // Another queue knows nothing of it; and once it has ended, it does not count.
        Assert.Equal("accepted", (await silo.Http.PostJobsAsync("unique2", Job)).Is(202).Json.GetProperty("outcome").GetString());
        (await silo.Http.AskAsync("DELETE", first.Header("Location")!)).Is(200);
        Assert.Equal("accepted", (await silo.Http.PostJobsAsync("unique", Job)).Is(202).Json.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task The_same_key_and_request_give_the_same_jobs_and_options_are_part_of_the_request()
    {
        const string Job = """{"function":"reverse","input":"k","delay":"1h"}""";
        (string, string) key = ("Idempotency-Key", "the key");
        var first = (await silo.Http.PostJobsAsync("keys", Job, headers: key)).Is(202);
        var again = (await silo.Http.PostJobsAsync("keys", Job.Replace(",", " , ", StringComparison.Ordinal), headers: key)).Is(202);
        Assert.Equal(("repeat", first.Header("Location")), (again.Json.GetProperty("outcome").GetString(), again.Header("Location")));
        string[] others =
        [
            """{"function":"reverse","input":"k","delay":"2h"}""", """{"function":"reverse","input":"k"}""", """{"function":"reverse","input":"l","delay":"1h"}""",
            """{"function":"reverse","input":"k","delay":"1h","priority":1}""", """{"function":"reverse","input":"k","delay":"1h","tags":["a"]}""",
            """{"function":"reverse","input":"k","delay":"1h","timeout":"1s"}""", """{"function":"reverse","input":"k","delay":"1h","retry":{}}""",
            """{"function":"reverse","input":"k","delay":"1h","retry":{"attempts":2}}""", """{"function":"reverse","input":"k","delay":"1h","unique":{}}""",
            """{"function":"reverse","input":"k","delay":"1h","unique":{"key":"a"}}""", """{"function":"reverse","input":"k","delay":"1h","expireAfter":"2h"}""",
            """{"function":"reverse","input":"k","dueAt":"2099-01-01T00:00:00Z"}""", """{"function":"reverse","inputText":"k","delay":"1h"}""",
            $"[{Job},{Job}]",
        ];
        foreach (var other in others)
            (await silo.Http.PostJobsAsync("keys", other, headers: key)).IsProblem(422, "key-reused");
        (await silo.Http.PostJobsAsync("other-keys", others[0], headers: key)).Is(202);
    }

    [Fact]
    public async Task A_key_of_an_array_gives_all_its_jobs_again()
    {
        const string Jobs = """[{"function":"reverse","input":"1"},{"function":"reverse","input":"2"},{"function":"reverse","input":"3"}]""";
        var first = (await silo.Http.PostJobsAsync("keys", Jobs, headers: ("Idempotency-Key", "an array"))).Is(202).Json.GetProperty("jobs");
        var again = (await silo.Http.PostJobsAsync("keys", Jobs, headers: ("Idempotency-Key", "an array"))).Is(202).Json.GetProperty("jobs");
        Assert.Equal(first.EnumerateArray().Select(j => j.GetProperty("id").GetString()), again.EnumerateArray().Select(j => j.GetProperty("id").GetString()));
        Assert.All(again.EnumerateArray(), j => Assert.Equal("repeat", j.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_key_that_was_answered_with_a_duplicate_means_it_also_when_that_has_ended()
    {
        const string Job = """{"function":"reverse","input":"both","delay":"1h","unique":{}}""";
        (string, string) key = ("Idempotency-Key", "both");
        var first = await silo.Http.PostJobAsync("keys", Job);
        Assert.Equal("duplicate", (await silo.Http.PostJobsAsync("keys", Job, headers: key)).Is(202).Json.GetProperty("outcome").GetString());
        (await silo.Http.AskAsync("DELETE", first)).Is(200);
        var again = (await silo.Http.PostJobsAsync("keys", Job, headers: key)).Is(202);
        Assert.Equal(("repeat", first), (again.Json.GetProperty("outcome").GetString(), again.Header("Location")));
    }

    [Fact]
    public async Task A_key_and_unique_jobs_do_not_go_together_in_an_array()
    {
        const string Jobs = """[{"function":"reverse","input":"1"},{"function":"reverse","input":"2","unique":{}}]""";
        Assert.Equal("[1].unique", (await silo.Http.PostJobsAsync("keys", Jobs, headers: ("Idempotency-Key", "x"))).IsProblem(422, "invalid-input").GetProperty("field").GetString());
    }
}
