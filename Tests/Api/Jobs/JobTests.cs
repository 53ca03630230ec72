using System.Diagnostics;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Submitting a job and following it.</summary>
public sealed class JobTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task A_job_is_accepted_followed_and_answers_what_the_call_answers()
    {
        var accepted = await silo.Http.CallAsync("wordcount", "one two\nthree", "text/plain", ("Prefer", "respond-async"));
        accepted.Is(202);
        Assert.Equal("respond-async", accepted.Header("Preference-Applied"));
        Assert.Equal("1", accepted.Header("Retry-After"));
        var path = accepted.Header("Location")!;
        Assert.Matches("^/v1/jobs/[0-9a-f]{32}$", path);
        Assert.Equal(path[9..], accepted.Json.GetProperty("id").GetString());

        var ended = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal("succeeded", ended.GetProperty("state").GetString());
        Assert.Equal(path + "/result", ended.GetProperty("result").GetString());
        var (acceptedAt, startedAt, endedAt) = (Time("acceptedAt"), Time("startedAt"), Time("endedAt"));
        Assert.True(acceptedAt <= startedAt && startedAt <= endedAt, ended.ToString());
        var result = (await silo.Http.FetchAsync(path + "/result")).Is(200);
        var call = await silo.Http.CallAsync("wordcount", "one two\nthree", "text/plain");
        Assert.Equal((call.ContentType, call.Text), (result.ContentType, result.Text));

        DateTimeOffset Time(string name) => ended.GetProperty(name).GetDateTimeOffset();
    }

    [Fact]
    public async Task A_job_that_ends_in_the_time_waited_is_answered_by_its_result()
    {
        var answer = (await silo.Http.CallAsync("wordcount", "one", "text/plain", ("Prefer", "wait=20"))).Is(200);
        Assert.Equal("wait=20", answer.Header("Preference-Applied"));
        Assert.Equal(1, answer.Json.GetProperty("words").GetInt32());
        Assert.Matches("^/v1/jobs/[0-9a-f]{32}/result$", answer.Header("Content-Location")!);
    }

    [Fact]
    public async Task A_job_that_does_not_is_202()
    {
        var watch = Stopwatch.StartNew();
        var answer = (await silo.Http.CallAsync("sleep", """{"seconds":4}""", headers: ("Prefer", "respond-async, wait=1"))).Is(202);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(3.5));
        Assert.Equal("running", (await silo.Http.FetchAsync(answer.Header("Location")!)).Json.GetProperty("state").GetString());
        (await silo.Http.FetchAsync(answer.Header("Location") + "/result")).Is(202);
    }

    [Fact]
    public async Task A_long_poll_ends_when_the_job_does()
    {
        var path = await silo.Http.SubmitAsync("sleep", """{"seconds":1}""");
        var watch = Stopwatch.StartNew();
        Assert.Equal("succeeded", (await silo.Http.FetchAsync(path + "?wait=PT1M")).Json.GetProperty("state").GetString());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_long_poll_ends_when_its_time_does()
    {
        var path = await silo.Http.SubmitAsync("sleep", """{"seconds":3}""");
        var watch = Stopwatch.StartNew();
        Assert.NotEqual("succeeded", (await silo.Http.FetchAsync(path + "?wait=300ms")).Json.GetProperty("state").GetString());
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task A_job_without_an_output_has_an_empty_result()
    {
        var path = await silo.Http.SubmitAsync("sleep", """{"seconds":0}""");
        await silo.Http.EndAsync(path);
        foreach (var accept in new[] { "*/*", "application/xml" })
            Assert.Empty((await silo.Http.FetchAsync(path + "/result", ("Accept", accept))).Is(204).Body);
        (await silo.Http.CallAsync("sleep", """{"seconds":0}""", headers: ("Prefer", "wait=20"))).Is(204);
    }

    [Theory]
    [InlineData("respond-async, wait=0")]
    [InlineData("wait=0")]
    [InlineData("handling=lenient, Respond-Async")]
    [InlineData("respond-async; foo=bar")]
    public async Task Preferences_may_be_spelled_in_any_way(string prefer) =>
        (await silo.Http.CallAsync("sleep", """{"seconds":1}""", headers: ("Prefer", prefer))).Is(202);

    [Theory]
    [InlineData("handling=strict")]
    [InlineData("wait=-1")]
    [InlineData("wait=soon")]
    public async Task Unknown_preferences_are_ignored(string prefer) =>
        Assert.Null((await silo.Http.CallAsync("sleep", """{"seconds":0}""", headers: ("Prefer", prefer))).Is(204).Header("Preference-Applied"));

    [Fact]
    public async Task Jobs_are_shown_in_xml_to_those_who_ask()
    {
        var accepted = await silo.Http.CallAsync("primes", "<value><upTo>100</upTo></value>", "application/xml", ("Prefer", "respond-async"), ("Accept", "application/xml"));
        accepted.Is(202);
        var id = accepted.Xml["id"]!.InnerText;
        var path = accepted.Header("Location")!;
        Assert.EndsWith(id, path, StringComparison.Ordinal);
        var ended = (await silo.Http.FetchAsync(path + "?wait=30s", ("Accept", "text/xml"))).Is(200).Xml;
        Assert.Equal(("succeeded", "primes"), (ended["state"]!.InnerText, ended["function"]!.InnerText));
        Assert.Equal("25", (await silo.Http.FetchAsync(path + "/result", ("Accept", "application/xml"))).Is(200).Xml["count"]!.InnerText);
        Assert.Equal(25, (await silo.Http.FetchAsync(path + "/result")).Is(200).Json.GetProperty("count").GetInt32());
        (await silo.Http.FetchAsync(path + "/result", ("Accept", "image/png"))).IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task A_failed_job_tells_why()
    {
        var path = await silo.Http.SubmitAsync("fail", """{"message":"no such luck"}""");
        var ended = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal(("failed", "no such luck"), (ended.GetProperty("state").GetString(), ended.GetProperty("error").GetString()));
        var problem = (await silo.Http.FetchAsync(path + "/result")).IsProblem(500, "job-failed");
        Assert.Equal("no such luck", problem.GetProperty("detail").GetString());
        (await silo.Http.CallAsync("fail", """{"message":"x"}""", headers: [("Prefer", "wait=20"), ("Accept", "application/xml")])).IsXmlProblem(500, "job-failed");
    }

    [Fact]
    public async Task A_job_that_runs_over_its_functions_timeout_fails()
    {
        var submitted = await silo.Http.PostJobsAsync("default", """{"function":"sleep","input":{"seconds":3601},"retry":{"attempts":1}}""");
        var path = submitted.Is(202).Header("Location")!;
        Assert.Contains("3,600", (await silo.Http.EndAsync(path)).Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("01a1fe06a6ab7bef9bf7c765b76ecb7d")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("1")]
    [InlineData("01a1fe06-a6ab-7bef-9bf7-c765b76ecb7d")]
    [InlineData("'; DROP TABLE job; --")]
    [InlineData("%00")]
    public async Task An_unknown_or_malformed_id_is_404(string id)
    {
        foreach (var path in new[] { "/v1/jobs/" + id, $"/v1/jobs/{id}/result", $"/v1/jobs/{id}?wait=1s" })
        {
            var answer = await silo.Http.FetchAsync(path.Replace("%00", "%01", StringComparison.Ordinal));
            answer.IsProblem(404, "unknown-job");
        }
    }

    [Theory]
    [InlineData("-1s")]
    [InlineData("301s")]
    [InlineData("10")]
    [InlineData("soon")]
    [InlineData("PT1H")]
    [InlineData("99999999999999999999999d")]
    public async Task A_wait_that_is_no_duration_or_too_long_is_422(string wait)
    {
        var path = await silo.Http.SubmitAsync("sleep", """{"seconds":0}""");
        Assert.Equal("wait", (await silo.Http.FetchAsync($"{path}?wait={wait}")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
    }

    [Fact]
    public async Task Input_that_a_call_would_refuse_is_refused_before_it_is_stored()
    {
        (string, string) later = ("Prefer", "respond-async");
        (await silo.Http.CallAsync("primes", """{"upto":"x"}""", headers: later)).IsProblem(422, "invalid-input");
        (await silo.Http.CallAsync("primes", "{", headers: later)).IsProblem(400, "malformed");
        (await silo.Http.CallAsync("primes", "{}", "text/csv", later)).IsProblem(415, "unsupported-media-type");
        (await silo.Http.CallAsync("nope", "{}", headers: later)).IsProblem(404, "unknown-function");
        (await silo.Http.AskAsync("POST", "/v1/functions/compress/call?format=zip", [1], null, later)).IsProblem(422, "invalid-input");
        (await silo.Http.AskAsync("POST", "/v1/functions/compress/call", new byte[(16 << 20) + 1], null, later)).IsProblem(413, "too-large");
        (await silo.Http.CallChunkedAsync("primes", new byte[(1 << 20) + 1], "application/json")).IsProblem(413, "too-large");
    }

    [Fact]
    public async Task Five_megabytes_are_compressed_by_a_job_as_by_a_call()
    {
        var bytes = new byte[5_000_000];
        new Random(1).NextBytes(bytes);
        var accepted = await silo.Http.AskAsync("POST", "/v1/functions/compress/call?format=zlib", bytes, null, ("Prefer", "respond-async"));
        var path = accepted.Is(202).Header("Location")!;
        await silo.Http.EndAsync(path);
        var result = (await silo.Http.FetchAsync(path + "/result")).Is(200);
        var call = (await silo.Http.AskAsync("POST", "/v1/functions/compress/call?format=zlib", bytes)).Is(200);
        Assert.True(call.Body.AsSpan().SequenceEqual(result.Body));
        Assert.Equal(call.ContentType, result.ContentType);
    }

    [Fact]
    public async Task An_accepted_job_is_acknowledged_whatever_the_caller_takes_the_result_as()
    {
        var accepted = await silo.Http.CallAsync("compress", "text", "text/plain", ("Prefer", "respond-async"), ("Accept", "application/gzip"));
        accepted.Is(202);
        var path = accepted.Header("Location")!;
        await silo.Http.EndAsync(path);
        Assert.Equal("application/gzip", (await silo.Http.FetchAsync(path + "/result", ("Accept", "application/gzip"))).Is(200).ContentType);
    }

    [Fact]
    public async Task An_own_route_can_be_a_job_too()
    {
        var accepted = (await silo.Http.FetchAsync("/primes/1000", ("Prefer", "respond-async"))).Is(202);
        await silo.Http.EndAsync(accepted.Header("Location")!);
        Assert.Equal(168, (await silo.Http.FetchAsync(accepted.Header("Location") + "/result")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Many_jobs_at_once_all_end()
    {
        var paths = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => silo.Http.SubmitAsync("wordcount", new string('a', i + 1), "text/plain")));
        Assert.Equal(200, paths.Distinct().Count());
        foreach (var (path, i) in paths.Select((p, i) => (p, i)))
        {
            await silo.Http.EndAsync(path);
            Assert.Equal(i + 1, (await silo.Http.FetchAsync(path + "/result")).Is(200).Json.GetProperty("characters").GetInt32());
        }
    }
}
