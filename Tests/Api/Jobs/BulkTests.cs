using System.Text;
using Hearth.Functions;
using Hearth.Hosting;
using Hearth.Storage;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Cancelling, re-driving and deleting all jobs that match, as a job of its own.</summary>
public sealed class BulkTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Later = """{"function":"reverse","input":"a","delay":"1h"}""";
    private const string Failing = """{"function":"refuse","input":{"name":"no"}}""";

    [Fact]
    public async Task All_open_jobs_that_match_are_cancelled_and_no_others()
    {
        await ManyAsync("bulk-cancel", Later, 600);
        await ManyAsync("bulk-cancel", """{"function":"reverse","input":"a","delay":"1h","tags":["keep"]}""", 2);
        await ManyAsync("bulk-cancel", """{"function":"narrow","input":{"name":"a"},"delay":"1h"}""", 3);
        Assert.Equal((600, false), await CountAsync("""{"action":"cancel","filter":{"queue":"bulk-cancel","function":"reverse","state":"scheduled"},"dryRun":true}""", less: 2));
        var report = await ActAsync("""{"action":"cancel","filter":{"queue":"bulk-cancel","function":"narrow"}}""");
        Assert.Equal(("cancel", 3, 3, 0, 0), report);
        Assert.Equal(602, (await silo.Http.FetchAsync("/v1/queues/bulk-cancel")).Json.GetProperty("scheduled").GetInt32());
        Assert.Equal(("cancel", 2, 2, 0, 0), await ActAsync("""{"action":"cancel","filter":{"tag":"keep"}}"""));
        Assert.Equal(("cancel", 600, 600, 0, 0), await ActAsync("""{"action":"cancel","filter":{"queue":"bulk-cancel"}}"""));
        Assert.Equal(("cancel", 0, 0, 0, 0), await ActAsync("""{"action":"cancel","filter":{"queue":"bulk-cancel"}}"""));
        Assert.Equal(0, (await silo.Http.FetchAsync("/v1/queues/bulk-cancel")).Json.GetProperty("open").GetInt32());
    }

    [Fact]
    public async Task The_action_is_an_ordinary_job_with_progress_and_a_result()
    {
        await ManyAsync("bulk-follow", Later, 3);
        var answer = (await PostAsync("""{"action":"cancel","filter":{"queue":"bulk-follow"}}""")).Is(202);
        Assert.Equal("hearth.jobs-action", answer.Json.GetProperty("function").GetString());
        var path = answer.Header("Location")!;
        var ended = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal(("succeeded", "hearth.actions", "cancel"), (ended.GetProperty("state").GetString(), ended.GetProperty("queue").GetString(), ended.GetProperty("tags")[0].GetString()));
        Assert.Equal(3, (await silo.Http.FetchAsync(path + "/result")).Is(200).Json.GetProperty("matched").GetInt32());
        Assert.Contains("event: end", (await silo.Http.FetchAsync(path + "/events")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_jobs_are_run_again_once_however_many_actions_ask_for_it()
    {
        var failed = await ManyAsync("bulk-redrive", Failing, 40);
        var cancelled = await ManyAsync("bulk-redrive", Later, 2);
        foreach (var id in failed)
            await silo.Http.EndAsync("/v1/jobs/" + id);
        foreach (var id in cancelled)
            (await silo.Http.AskAsync("DELETE", "/v1/jobs/" + id)).Is(200);
        var to = (await silo.Http.FetchAsync("/v1/jobs/" + cancelled[^1])).Json.GetProperty("endedAt").GetString();
        var body = $$$"""{"action":"redrive","filter":{"queue":"bulk-redrive","to":"{{{to}}}"}}""";
        Assert.Equal(("redrive", 40, 40, 0, 0), await ActAsync(body));
        Assert.Equal(("redrive", 40, 0, 40, 0), await ActAsync(body));
        var again = (await silo.Http.FetchAsync($"/v1/jobs?queue=bulk-redrive&limit=1000&from={Uri.EscapeDataString(to!)}")).Json.GetProperty("jobs").EnumerateArray()
            .Select(job => job.GetProperty("redriveOf").GetString()!).ToList();
        Assert.Equal(failed.Order(), again.Order());
        Assert.Equal(("redrive", 2, 2, 0, 0), await ActAsync("""{"action":"redrive","filter":{"queue":"bulk-redrive","state":"cancelled"}}"""));
    }

    [Fact]
    public async Task Ended_jobs_are_deleted_and_open_ones_stay()
    {
        var failed = await ManyAsync("bulk-delete", Failing, 3);
        var open = await ManyAsync("bulk-delete", Later, 2);
        var done = await ManyAsync("bulk-delete", """{"function":"reverse","input":"a"}""", 3);
        foreach (var id in failed.Concat(done))
            await silo.Http.EndAsync("/v1/jobs/" + id);
        Assert.Equal(("delete", 3, 3, 0, 0), await ActAsync("""{"action":"delete","filter":{"queue":"bulk-delete","error":"no"}}"""));
        (await silo.Http.FetchAsync("/v1/jobs/" + failed[0])).IsProblem(404, "unknown-job");
        Assert.Equal(("delete", 3, 3, 0, 0), await ActAsync("""{"action":"delete","filter":{"queue":"bulk-delete"}}"""));
        Assert.Equal(open.Order(), (await silo.Http.FetchAsync("/v1/jobs?queue=bulk-delete")).Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()!).Order());
    }

    [Fact]
    public async Task One_ended_job_is_deleted()
    {
        var path = await silo.Http.PostJobAsync("delete-one", Later);
        (await silo.Http.AskAsync("POST", path + "/delete")).IsProblem(409, "job-open");
        (await silo.Http.AskAsync("DELETE", path)).Is(200);
        (await silo.Http.AskAsync("POST", path + "/delete")).Is(204);
        (await silo.Http.AskAsync("POST", path + "/delete")).IsProblem(404, "unknown-job");
        (await silo.Http.FetchAsync(path + "/result")).IsProblem(404, "unknown-job");
    }

    [Fact]
    public async Task A_request_that_is_sent_twice_with_a_key_is_one_action()
    {
        const string Body = """{"action":"cancel","filter":{"queue":"bulk-key"}}""";
        (string, string) key = ("Idempotency-Key", "bulk");
        var first = (await PostAsync(Body, "application/json", key)).Is(202).Header("Location");
        Assert.Equal(first, (await PostAsync(Body, "application/json", key)).Is(202).Header("Location"));
        (await PostAsync("""{"action":"cancel","filter":{"queue":"bulk-kez"}}""", "application/json", key)).IsProblem(422, "key-reused");
    }

    [Fact]
    public async Task Actions_are_asked_for_and_counted_in_xml()
    {
        await ManyAsync("bulk-xml", Later, 2);
        var counted = await silo.Http.AskAsync(
            "POST", "/v1/jobs/actions", "<value><action>cancel</action><filter><queue>bulk-xml</queue></filter><dryRun>true</dryRun></value>"u8.ToArray(), "application/xml",
            ("Accept", "application/xml"));
        Assert.Equal("2", counted.Is(200).Xml["count"]!.InnerText);
        Assert.Equal(2, (await silo.Http.FetchAsync("/v1/queues/bulk-xml")).Json.GetProperty("open").GetInt32());
    }

    [Theory]
    [InlineData("""{}""", "action")]
    [InlineData("""[]""", "$")]
    [InlineData("""{"action":"stop","filter":{"queue":"a"}}""", "action")]
    [InlineData("""{"action":"cancel"}""", "filter")]
    [InlineData("""{"action":"cancel","filter":{}}""", "filter")]
    [InlineData("""{"action":"cancel","filter":{"queue":null}}""", "filter")]
    [InlineData("""{"action":"cancel","filter":{"queue":"A"}}""", "filter.queue")]
    [InlineData("""{"action":"cancel","filter":{"queue":7}}""", "filter.queue")]
    [InlineData("""{"action":"cancel","filter":{"limit":"7"}}""", "filter.limit")]
    [InlineData("""{"action":"cancel","filter":{"state":"failed"}}""", "filter.state")]
    [InlineData("""{"action":"redrive","filter":{"state":"succeeded"}}""", "filter.state")]
    [InlineData("""{"action":"redrive","filter":{"state":"ready"}}""", "filter.state")]
    [InlineData("""{"action":"delete","filter":{"state":"running"}}""", "filter.state")]
    [InlineData("""{"action":"delete","filter":{"from":"2030-01-02T00:00:00Z","to":"2030-01-01T00:00:00Z"}}""", "filter.to")]
    [InlineData("""{"action":"delete","filter":{"queue":"a"},"dryRun":"yes"}""", "dryRun")]
    [InlineData("""{"action":"delete","filter":{"queue":"a"},"dryRun":"true"}""", "dryRun")]
    [InlineData("""{"action":"delete","filter":{"queue":"a"},"limit":3}""", "limit")]
    public async Task A_request_that_cannot_be_is_422(string body, string field) =>
        Assert.Equal(field, (await PostAsync(body)).IsProblem(422, "invalid-input").GetProperty("field").GetString());

    [Fact]
    public async Task A_body_that_cannot_be_read_is_told()
    {
        (await PostAsync("{")).IsProblem(400, "malformed");
        (await PostAsync("""{"action":"cancel","action":"delete"}""")).IsProblem(400, "malformed");
        (await PostAsync("{}", "text/plain")).IsProblem(415, "unsupported-media-type");
        (await PostAsync(new string(' ', 70_000))).IsProblem(413, "too-large");
    }

    [Fact]
    public async Task The_function_that_does_it_cannot_be_named_by_callers()
    {
        const string Input = """{"action":"delete","filter":{}}""";
        Assert.DoesNotContain("jobs-action", (await silo.Http.FetchAsync("/v1/functions")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hearth.jobs-action", (await silo.Http.FetchAsync("/openapi/v1.json")).Text, StringComparison.Ordinal);
        (await silo.Http.FetchAsync("/v1/functions/hearth.jobs-action")).IsProblem(404, "unknown-function");
        (await silo.Http.CallAsync("hearth.jobs-action", Input)).IsProblem(404, "unknown-function");
        (await silo.Http.CallAsync("hearth.jobs-action", Input, headers: ("Prefer", "respond-async"))).IsProblem(404, "unknown-function");
        (await silo.Http.PostJobsAsync("any", $$$"""{"function":"hearth.jobs-action","input":{{{Input}}}}""")).IsProblem(422, "invalid-input");
    }

    [Fact]
    public async Task An_action_goes_on_behind_the_page_that_was_stored_when_an_attempt_fails()
    {
        FaultyJobStore? store = null;
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.AddBuiltInFunctions();
            b.Services.AddSingleton<IJobStore>(s => store = new FaultyJobStore(s.GetRequiredService<SiloStore>().Jobs));
        });
        var ids = (await app.Http.PostJobsAsync("many", $"[{string.Join(',', Enumerable.Repeat("""{"function":"echo","input":1}""", 1_100))}]")).Is(202).Json
            .GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!).ToList();
        foreach (var id in ids)
            await app.Http.EndAsync("/v1/jobs/" + id);
        // The second page is deleted, and nobody is told.
        store!.BeforeAnswer = method => method == nameof(IJobStore.ForgetAsync) && store.Calls[method] == 2
            ? throw new StoreUnavailableException("A test wants this answer to be lost.")
            : Task.CompletedTask;
        var path = (await app.Http.AskAsync("POST", "/v1/jobs/actions", """{"action":"delete","filter":{"queue":"many"}}"""u8.ToArray(), "application/json")).Is(202).Header("Location")!;
        var ended = (await app.Http.EndAsync(path)).Json;
        Assert.Equal(("succeeded", 2), (ended.GetProperty("state").GetString(), ended.GetProperty("attempt").GetInt32()));
        Assert.Empty((await app.Http.FetchAsync("/v1/jobs?queue=many")).Json.GetProperty("jobs").EnumerateArray());
        // Of the first attempt's, the first page counts: it was stored. The second went without a trace.
        Assert.Equal(600, (await app.Http.FetchAsync(path + "/result")).Json.GetProperty("done").GetInt32());
    }

    [Fact]
    public async Task An_action_outlives_its_silo()
    {
        using var folder = new TempFolder();
        string action;
        var ids = new List<string>();
        await using (var first = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]))
        {
            using var http = first.CreateClient();
            for (var i = 0; i < 3; i++)
                ids.AddRange((await http.PostJobsAsync("many", $"[{string.Join(',', Enumerable.Repeat(Later, 1_000))}]")).Is(202).Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()!));
            action = (await http.AskAsync("POST", "/v1/jobs/actions", """{"action":"cancel","filter":{"queue":"many"}}"""u8.ToArray(), "application/json")).Is(202).Header("Location")!;
            // In the middle of it, mostly.
            while ((await http.FetchAsync("/v1/queues/many")).Is(200).Json.GetProperty("open").GetInt32() == ids.Count)
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            await first.KillAsync();
        }

        await using var second = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        using var next = second.CreateClient();
        Assert.Equal("succeeded", (await next.EndAsync(action)).Json.GetProperty("state").GetString());
        Assert.Equal(0, (await next.FetchAsync("/v1/queues/many")).Json.GetProperty("open").GetInt32());
        var counted = (await next.AskAsync("POST", "/v1/jobs/actions", """{"action":"delete","filter":{"queue":"many","state":"cancelled"},"dryRun":true}"""u8.ToArray(), "application/json")).Is(200).Json;
        Assert.Equal(ids.Count, counted.GetProperty("count").GetInt32());
    }

    private Task<Answer> PostAsync(string body, string contentType = "application/json", params (string, string)[] headers) =>
        silo.Http.AskAsync("POST", "/v1/jobs/actions", Encoding.UTF8.GetBytes(body), contentType, headers);

    private async Task<(int Count, bool AtLeast)> CountAsync(string body, int less)
    {
        var counted = (await PostAsync(body)).Is(200).Json;
        return (counted.GetProperty("count").GetInt32() - less, counted.GetProperty("atLeast").GetBoolean());
    }

    private async Task<(string? Action, int Matched, int Done, int Skipped, int Failed)> ActAsync(string body)
    {
        var path = (await PostAsync(body)).Is(202).Header("Location")!;
        await silo.Http.EndAsync(path);
        var report = (await silo.Http.FetchAsync(path + "/result")).Is(200).Json;
        return (report.GetProperty("action").GetString(), Number("matched"), Number("done"), Number("skipped"), Number("failed"));

        int Number(string name) => report.GetProperty(name).GetInt32();
    }

    private async Task<List<string>> ManyAsync(string queue, string job, int count) =>
    [
        .. (await silo.Http.PostJobsAsync(queue, $"[{string.Join(',', Enumerable.Repeat(job, count))}]")).Is(202).Json
            .GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()!),
    ];
}
