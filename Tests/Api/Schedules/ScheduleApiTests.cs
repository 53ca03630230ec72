using System.Text;
using System.Text.Json;
using Hearth.Api.Schedules;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Api.Schedules;

public sealed class ScheduleApiTests : IAsyncLifetime
{
    private const string Nightly = """{"cron": "0 2 * * *", "timeZone": "Europe/Berlin", "queue": "reports", "job": {"function": "echo", "input": {"at": "{{tick}}"}}}""";

    private StartedApplication app = null!;

    private HttpClient Http => app.Http;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder
        .AddBuiltInFunctions()
        .AddFunction("hold", (CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token))
        .AddSchedule("of-code", "0 3 * * *", "Europe/Berlin", "reports", JobSpec.Of("echo", 1)));

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task A_schedule_is_made_shown_changed_and_deleted()
    {
        var made = (await PutAsync("nightly", Nightly)).Is(201);
        Assert.Equal("/v1/schedules/nightly", made.Header("Location"));
        var shown = (await Http.FetchAsync("/v1/schedules/nightly")).Is(200);
        Assert.Equal(made.Text, shown.Text);
        Assert.Equal("{{tick}}", shown.Json.GetProperty("job").GetProperty("input").GetProperty("at").GetString());
        Assert.Equal(("skip", "one", "P1D"), (Text(shown, "overlap"), Text(shown, "catchUp"), Text(shown, "catchUpWindow")));
        Assert.Equal(shown.Header("ETag"), Text(shown, "eTag"));

        // What was answered can be sent back.
        var same = (await PutAsync("nightly", shown.Text)).Is(200);
        Assert.NotEqual(shown.Header("ETag"), same.Header("ETag"));
        Assert.Equal(Text(shown, "nextTick"), Text(same, "nextTick"));

        (await Http.AskAsync("DELETE", "/v1/schedules/nightly")).Is(204);
        Assert.Contains("unknown-schedule", (await Http.FetchAsync("/v1/schedules/nightly")).Is(404).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tick_waits_for_an_idle_pool_and_says_so()
    {
        (await PutAsync("off-peak", """{"every": "1s", "overlap": "allow", "calendar": {"loadMax": 101}, "job": {"function": "echo", "input": 1}}""")).IsProblem(422, "invalid-input");
        using var stop = new CancellationTokenSource();
        var burning = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(() => Burn(stop.Token), TaskCreationOptions.LongRunning)).ToList();
        (await PutAsync("off-peak", """{"every": "1s", "overlap": "allow", "calendar": {"loadMax": 1}, "job": {"function": "echo", "input": 1}}""")).Is(201);
        await JobWorld.EventuallyAsync(async () => (await RunsAsync()).Contains("and loadMax 1%", StringComparison.Ordinal), "a tick waits for the load");
        await stop.CancelAsync();
        await Task.WhenAll(burning);
        (await Http.AskAsync("PATCH", "/v1/schedules/off-peak", """{"calendar": {"loadMax": 100}}"""u8.ToArray(), "application/json")).Is(200);
        await JobWorld.EventuallyAsync(async () => (await RunsAsync()).Contains("\"submitted\"", StringComparison.Ordinal), "it runs");
        (await Http.AskAsync("DELETE", "/v1/schedules/off-peak")).Is(204);

        async Task<string> RunsAsync() => (await Http.FetchAsync("/v1/schedules/off-peak/runs")).Is(200).Text;

        static void Burn(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
                Thread.SpinWait(1_000);
        }
    }

    [Fact]
    public async Task Every_member_comes_back()
    {
        const string Full = """
            {"description": "All of it", "cron": "*/5 9-17 * * 1-5", "timeZone": "Europe/Berlin", "start": "2030-01-01T00:00:00Z", "end": "2040-01-01T00:00:00Z", "jitter": "PT1M",
             "calendar": {"holidays": ["2030-12-25"], "windows": [{"from": "22:00", "to": "24:00"}, {"from": "09:00", "to": "17:30:15", "days": ["monday", "friday"]}], "outside": "shift", "timeZone": "UTC", "loadMax": 30},
             "overlap": "bufferOne", "catchUp": "all", "catchUpWindow": "PT2H", "queue": "q", "paused": true, "reason": "not yet",
             "job": {"function": "primes", "input": {"upTo":10}, "priority": 2, "expireAfter": "PT1H", "timeout": "PT30S", "retry": {"attempts": 3, "factor": 1.5, "jitter": 0, "initial": "PT2S", "nonRetryable": ["A"]}, "tags": ["t"]}}
            """;
        var made = (await PutAsync("full", Full)).Is(201).Json;
        foreach (var member in JsonDocument.Parse(Full).RootElement.EnumerateObject().Where(m => m.Name is not ("start" or "end" or "calendar" or "job")))
            Assert.Equal(member.Value.ToString(), made.GetProperty(member.Name).ToString());
        Assert.Equal(2, made.GetProperty("calendar").GetProperty("windows").GetArrayLength());
        Assert.Equal(30, made.GetProperty("calendar").GetProperty("loadMax").GetInt32());
        Assert.Equal("24:00", made.GetProperty("calendar").GetProperty("windows")[0].GetProperty("to").GetString());
        Assert.Equal("17:30:15", made.GetProperty("calendar").GetProperty("windows")[1].GetProperty("to").GetString());
        Assert.Equal(JsonValueKind.Null, made.GetProperty("nextTick").ValueKind);
        foreach (var member in JsonDocument.Parse(Full).RootElement.GetProperty("job").EnumerateObject().Where(m => m.Name != "retry"))
            Assert.Equal(member.Value.ToString(), made.GetProperty("job").GetProperty(member.Name).ToString());
        var again = (await PutAsync("again", made.ToString())).Is(201).Json;
        Assert.Equal(made.GetProperty("job").ToString(), again.GetProperty("job").ToString());
        Assert.Equal(made.GetProperty("calendar").ToString(), again.GetProperty("calendar").ToString());
    }

    [Fact]
    public async Task Conditions_keep_owners_from_overwriting_each_other()
    {
        var made = (await PutAsync("nightly", Nightly, ("If-None-Match", "*"))).Is(201);
        Assert.Contains("precondition-failed", (await PutAsync("nightly", Nightly, ("If-None-Match", "*"))).Is(412).Text, StringComparison.Ordinal);
        var changed = (await PutAsync("nightly", Nightly, ("If-Match", made.Header("ETag")!))).Is(200);
        (await PutAsync("nightly", Nightly, ("If-Match", made.Header("ETag")!))).Is(412);
        (await PatchAsync("nightly", """{"overlap": "allow"}""", ("If-Match", made.Header("ETag")!))).Is(412);
        (await Http.AskAsync("DELETE", "/v1/schedules/nightly", headers: ("If-Match", made.Header("ETag")!))).Is(412);
        (await Http.AskAsync("POST", "/v1/schedules/nightly/resume", headers: ("If-Match", made.Header("ETag")!))).Is(412);
        (await PutAsync("other", Nightly, ("If-Match", "*"))).Is(412);
        (await PutAsync("nightly", Nightly, ("If-Match", "nightly"))).Is(400);
        (await Http.AskAsync("DELETE", "/v1/schedules/nightly", headers: ("If-Match", changed.Header("ETag")!))).Is(204);
    }

    [Fact]
    public async Task A_patch_changes_what_it_names()
    {
        (await PutAsync("nightly", Nightly)).Is(201);
        var patched = (await PatchAsync("nightly", """{"overlap": "allow", "job": {"priority": 1}, "timeZone": null}""")).Is(200);
        Assert.Equal(("allow", "UTC"), (Text(patched, "overlap"), Text(patched, "timeZone")));
        Assert.Equal((1, "{{tick}}"), (patched.Json.GetProperty("job").GetProperty("priority").GetInt32(), patched.Json.GetProperty("job").GetProperty("input").GetProperty("at").GetString()));
        Assert.Equal("cron", Text((await PatchAsync("nightly", """{"every": "5m"}""")).Is(422), "field"));
        Assert.Equal("PT5M", Text((await PatchAsync("nightly", """{"every": "5m", "cron": null}""")).Is(200), "every"));
        (await PatchAsync("nothing", "{}")).Is(404);
        Assert.InRange((await PatchAsync("nightly", """{"description": "\ud800"}""")).Status, 400, 422);
        Assert.InRange((await PatchAsync("nightly", """{"\ud800": 1}""")).Status, 400, 422);
    }

    [Theory]
    [InlineData("""{"cron": "61 * * * *", "job": {"function": "echo", "input": 1}}""", "cron", "minute '61'")]
    [InlineData("""{"job": {"function": "echo", "input": 1}}""", "cron", "one of cron, every and at")]
    [InlineData("""{"cron": "* * * * *", "every": "5m", "job": {"function": "echo", "input": 1}}""", "cron", "keep one")]
    [InlineData("""{"cron": "0 0 30 2 *", "job": {"function": "echo", "input": 1}}""", "cron", "no tick")]
    [InlineData("""{"at": "2001-01-01T00:00:00Z", "job": {"function": "echo", "input": 1}}""", "at", "no tick")]
    [InlineData("""{"cron": "* * * * *", "timeZone": "Mars/Base", "job": {"function": "echo", "input": 1}}""", "timeZone", "IANA")]
    [InlineData("""{"every": "10ms", "job": {"function": "echo", "input": 1}}""", "every", "1s")]
    [InlineData("""{"every": "often", "job": {"function": "echo", "input": 1}}""", "every", "duration")]
    [InlineData("""{"every": "5m"}""", "job", "function")]
    [InlineData("""{"every": "5m", "job": {"function": "ecko", "input": 1}}""", "job.function", "echo")]
    [InlineData("""{"every": "5m", "job": {"function": "primes", "input": {"upTo": "x"}}}""", "job.input.upTo", "")]
    [InlineData("""{"every": "5m", "job": {"function": "echo", "input": 1, "delay": "5s"}}""", "job.delay", "jitter")]
    [InlineData("""{"every": "5m", "job": {"function": "echo", "input": 1, "unique": {}}}""", "job.unique", "overlap")]
    [InlineData("""{"every": "5m", "overlap": "never", "job": {"function": "echo", "input": 1}}""", "overlap", "bufferOne")]
    [InlineData("""{"every": "5m", "catchUpWindow": "99d", "job": {"function": "echo", "input": 1}}""", "catchUpWindow", "duration")]
    [InlineData("""{"every": "5m", "calendar": {"windows": [{"from": "9"}]}, "job": {"function": "echo", "input": 1}}""", "calendar.windows[0].from", "09:00")]
    [InlineData("""{"every": "5m", "calendar": {"holidays": ["2030-13-01"]}, "job": {"function": "echo", "input": 1}}""", "calendar.holidays[0]", "2030-12-25")]
    [InlineData("""{"every": "5m", "color": "red", "job": {"function": "echo", "input": 1}}""", "color", "not known")]
    [InlineData("""{"every": "5m", "paused": "yes", "job": {"function": "echo", "input": 1}}""", "paused", "true or false")]
    [InlineData("""{"every": "5m", "queue": "A B", "job": {"function": "echo", "input": 1}}""", "queue", "letters")]
    [InlineData("""{"every": "5m", "job": {"function": "echo", "input": 1, "tags": ["t", "{{tick}}"]}}""", "job.tags", "input")]
    [InlineData("[]", "$", "object")]
    public async Task A_mistake_names_the_member_and_the_remedy(string body, string field, string part)
    {
        var refused = (await PutAsync("wrong", body)).Is(422);
        Assert.Equal(field, Text(refused, "field"));
        Assert.Contains(part, Text(refused, "detail"), StringComparison.Ordinal);
        (await Http.FetchAsync("/v1/schedules/wrong")).Is(404);
    }

    [Fact]
    public async Task A_name_that_cannot_be_is_refused() => Assert.Equal("name", Text((await PutAsync("No%20Name", Nightly)).Is(422), "field"));

    [Fact]
    public async Task The_next_ticks_are_told_with_and_without_storing_a_schedule()
    {
        (await PutAsync("nightly", Nightly)).Is(201);
        var next = (await Http.FetchAsync("/v1/schedules/nightly/next?count=2&after=2030-03-30T12:00:00Z")).Is(200);
        Assert.Equal("""{"ticks":[{"tick":"2030-03-31T01:00:00+00:00","submittedAt":"2030-03-31T01:00:00+00:00"},{"tick":"2030-04-01T00:00:00+00:00","submittedAt":"2030-04-01T00:00:00+00:00"}]}""", next.Text);
        Assert.Equal(10, (await Http.FetchAsync("/v1/schedules/nightly/next")).Is(200).Json.GetProperty("ticks").GetArrayLength());
        (await Http.FetchAsync("/v1/schedules/nightly/next?count=1001")).Is(422);
        (await Http.FetchAsync("/v1/schedules/nightly/next?after=soon")).Is(422);
        Assert.Equal("after", Text((await Http.FetchAsync("/v1/schedules/nightly/next?after=0001-01-01T00:00:00Z")).Is(422), "field"));

        var preview = (await PostAsync("x/preview", """{"every": "90m", "after": "2030-01-01T00:00:00Z", "count": 3}""")).Is(200);
        Assert.Equal(["00:00", "01:30", "03:00", "04:30"], ["00:00", .. preview.Json.GetProperty("ticks").EnumerateArray().Select(t => t.GetProperty("tick").GetDateTimeOffset().ToString("HH:mm"))]);
        Assert.Equal("cron", Text((await PostAsync("x/preview", """{"cron": "* * * *"}""")).Is(422), "field"));
        (await Http.FetchAsync("/v1/schedules/x")).Is(404);
    }

    [Fact]
    public async Task A_schedule_runs_its_jobs_and_tells_of_them()
    {
        (await PutAsync("often", """{"every": "1s", "queue": "ticks", "job": {"function": "echo", "input": {"tick": "{{tick}}", "name": "{{schedule}}"}}}""")).Is(201);
        var run = await RunAsync("often", r => r.GetProperty("outcome").GetString() == "submitted");
        var job = await EndedAsync(run.GetProperty("job").GetString()!);
        Assert.Equal(("succeeded", "ticks"), (Text(job, "state"), Text(job, "queue")));
        var result = (await Http.FetchAsync(run.GetProperty("job").GetString() + "/result")).Is(200).Json;
        Assert.Equal(run.GetProperty("tick").GetDateTimeOffset(), result.GetProperty("tick").GetDateTimeOffset());
        Assert.Equal("often", result.GetProperty("name").GetString());
        var listed = (await Http.FetchAsync("/v1/jobs?tag=schedule:often")).Is(200).Json.GetProperty("jobs");
        Assert.Contains(run.GetProperty("jobId").GetString(), listed.EnumerateArray().Select(j => j.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task The_job_before_is_cancelled_where_the_policy_says_so_and_waited_for_where_it_says_that()
    {
        (await PutAsync("cancelling", """{"every": "1s", "overlap": "cancelOther", "queue": "c", "job": {"function": "hold"}}""")).Is(201);
        (await PutAsync("skipping", """{"every": "1s", "queue": "s", "job": {"function": "hold"}}""")).Is(201);
        await RunAsync("skipping", r => r.GetProperty("outcome").GetString() == "skipped");
        await SubmittedAsync("cancelling", 3);
        (await Http.AskAsync("POST", "/v1/schedules/cancelling/pause")).Is(200);
        var jobs = (await SubmittedAsync("cancelling", 3)).ConvertAll(r => r.GetProperty("job").GetString()!);
        // All but the last one; the one that is skipped for still runs.
        foreach (var job in jobs.Skip(1))
            Assert.Equal("cancelled", Text((await Http.FetchAsync(job)).Is(200), "state"));
        await Http.BecomesAsync(jobs[0], "running");
        await Http.BecomesAsync(Assert.Single(await SubmittedAsync("skipping", 1)).GetProperty("job").GetString()!, "running");
    }

    [Fact]
    public async Task What_is_paused_does_not_tick_until_it_is_resumed()
    {
        (await PutAsync("often", """{"every": "1s", "paused": true, "reason": "later", "job": {"function": "echo", "input": 1}}""")).Is(201);
        var paused = (await PostAsync("often/pause", """{"reason": "holiday"}""")).Is(200);
        Assert.Equal(("holiday", "True"), (Text(paused, "reason"), paused.Json.GetProperty("paused").ToString()));
        Assert.Equal(JsonValueKind.Null, paused.Json.GetProperty("nextTick").ValueKind);
        var resumed = (await Http.AskAsync("POST", "/v1/schedules/often/resume")).Is(200).Json;
        var since = resumed.GetProperty("updatedAt").GetDateTimeOffset();
        Assert.Equal((JsonValueKind.Null, "False"), (resumed.GetProperty("reason").ValueKind, resumed.GetProperty("paused").ToString()));
        var run = await RunAsync("often", _ => true);
        Assert.True(run.GetProperty("tick").GetDateTimeOffset() > since.AddSeconds(-1));
        (await Http.AskAsync("POST", "/v1/schedules/nothing/pause")).Is(404);
    }

    [Fact]
    public async Task A_trigger_runs_it_now_and_once_for_a_key()
    {
        (await PutAsync("nightly", Nightly)).Is(201);
        (await Http.AskAsync("POST", "/v1/schedules/nightly/pause")).Is(200);
        var first = (await Http.AskAsync("POST", "/v1/schedules/nightly/trigger", headers: ("Idempotency-Key", "k"))).Is(202);
        var second = (await Http.AskAsync("POST", "/v1/schedules/nightly/trigger", headers: ("Idempotency-Key", "k"))).Is(202);
        var third = (await Http.AskAsync("POST", "/v1/schedules/nightly/trigger")).Is(202);
        Assert.Equal(first.Text, second.Text);
        Assert.NotEqual(Text(first, "jobId"), Text(third, "jobId"));
        Assert.Equal("trigger", Text(first, "cause"));
        // It is known to its queue by the time it is answered.
        Assert.Equal("succeeded", Text(await Http.EndAsync(Text(first, "job")), "state"));
        Assert.Equal(2, (await Http.FetchAsync("/v1/schedules/nightly/runs")).Json.GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public async Task A_backfill_runs_ticks_that_have_no_job_and_no_other()
    {
        (await PutAsync("hourly", """{"cron": "0 * * * *", "paused": true, "job": {"function": "echo", "input": "{{tick}}"}}""")).Is(201);
        var day = DaysAgo(3);
        var whole = $$"""{"from": "{{day}}T00:00:00Z", "to": "{{DaysAgo(2)}}T00:00:00Z"}""";
        Assert.Equal("""{"ticks":24,"submitted":24,"waiting":0}""", (await PostAsync("hourly/backfill", whole)).Is(202).Text);
        Assert.Equal("""{"ticks":24,"submitted":0,"waiting":0}""", (await PostAsync("hourly/backfill", whole)).Is(202).Text);
        var page = (await Http.FetchAsync("/v1/schedules/hourly/runs?limit=20")).Is(200).Json;
        Assert.Equal(20, page.GetProperty("runs").GetArrayLength());
        var rest = (await Http.FetchAsync(page.GetProperty("next").GetString()!)).Is(200).Json;
        Assert.Equal((4, JsonValueKind.Null), (rest.GetProperty("runs").GetArrayLength(), rest.GetProperty("next").ValueKind));
        Assert.Equal(
            24, page.GetProperty("runs").EnumerateArray().Concat(rest.GetProperty("runs").EnumerateArray()).Select(r => r.GetProperty("jobId").GetString()).Distinct().Count());
        var first = rest.GetProperty("runs")[3];
        Assert.Equal($"\"{day}T00:00:00Z\"", (await ResultAsync(first.GetProperty("job").GetString()!)).Text);
        Assert.Equal("from", Text((await PostAsync("hourly/backfill", $$"""{"from": "{{DaysAgo(31)}}T00:00:00Z", "to": "{{day}}T00:00:00Z"}""")).Is(422), "field"));
        Assert.Equal("from", Text((await PostAsync("hourly/backfill", """{"from": "0001-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}""")).Is(422), "field"));
        (await PutAsync("fast", """{"every": "1m", "paused": true, "job": {"function": "echo", "input": 1}}""")).Is(201);
        Assert.Equal("to", Text((await PostAsync("fast/backfill", whole)).Is(422), "field"));
        Assert.Equal("to", Text((await PostAsync("hourly/backfill", $$"""{"from": "{{day}}T00:00:00Z", "to": "2099-01-02T00:00:00Z"}""")).Is(422), "field"));
        Assert.Equal("from", Text((await PostAsync("hourly/backfill", "{}")).Is(422), "field"));
    }

    [Fact]
    public async Task A_backfill_one_by_one_ends_with_every_tick_run()
    {
        (await PutAsync("hourly", """{"cron": "0 * * * *", "job": {"function": "echo", "input": "{{tick}}"}}""")).Is(201);
        var asked = (await PostAsync("hourly/backfill", $$"""{"from": "{{DaysAgo(3)}}T00:00:00Z", "to": "{{DaysAgo(3)}}T03:00:00Z", "overlap": "bufferAll"}""")).Is(202);
        Assert.Equal("""{"ticks":3,"submitted":0,"waiting":3}""", asked.Text);
        var last = await RunAsync("hourly", r => r.GetProperty("tick").GetDateTimeOffset().Hour == 2 && r.GetProperty("outcome").GetString() == "submitted");
        Assert.Equal("submitted", last.GetProperty("outcome").GetString());
        Assert.All(
            (await Http.FetchAsync("/v1/schedules/hourly/runs")).Json.GetProperty("runs").EnumerateArray(), r => Assert.Equal("submitted", r.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task Schedules_are_listed_page_by_page()
    {
        foreach (var i in Enumerable.Range(0, 5))
            (await PutAsync("s" + i, Nightly)).Is(201);
        var names = new List<string>();
        for (var next = "/v1/schedules?limit=2"; next is not null;)
        {
            var page = (await Http.FetchAsync(next)).Is(200).Json;
            names.AddRange(page.GetProperty("schedules").EnumerateArray().Select(s => s.GetProperty("name").GetString()!));
            next = page.GetProperty("next").GetString();
        }

        Assert.Equal(["s0", "s1", "s2", "s3", "s4"], names.Where(n => n != "of-code"));
        (await Http.FetchAsync("/v1/schedules?cursor=nonsense!")).Is(422);
        (await Http.FetchAsync("/v1/schedules?limit=0")).Is(422);
        (await Http.FetchAsync("/v1/schedules?color=red")).Is(422);
    }

    [Fact]
    public async Task An_input_that_could_not_be_shown_is_refused()
    {
        (await PutAsync("deep", Deep(60))).Is(201);
        (await Http.FetchAsync("/v1/schedules")).Is(200);
        foreach (var levels in new[] { 61, 63, 64 })
            Assert.Equal("job.input", Text((await PutAsync("deeper", Deep(levels))).Is(422), "field"));

        static string Deep(int levels) =>
            """{"every": "5m", "paused": true, "job": {"function": "echo", "input": """ + new string('[', levels) + new string(']', levels) + "}}";
    }

    [Fact]
    public async Task A_schedule_of_the_code_is_there_after_the_start()
    {
        for (var i = 0; (await Http.FetchAsync("/v1/schedules/of-code")).Status != 200; i++)
        {
            Assert.True(i < 500, "It was not stored.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Equal("0 3 * * *", Text(await Http.FetchAsync("/v1/schedules/of-code"), "cron"));
    }

    [Fact]
    public void A_schedule_of_the_code_that_cannot_be_is_told_at_once()
    {
        var builder = HearthApplication.CreateBuilder();
        Assert.Contains("minute '61'", Assert.Throws<ArgumentException>(() => builder.AddSchedule("x", "61 * * * *", null, "q", JobSpec.Of("echo", 1))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => builder.AddSchedule("No Name", "* * * * *", null, "q", JobSpec.Of("echo", 1)));
    }

    [Fact]
    public async Task Xml_does_the_same()
    {
        const string Xml = """
            <value><cron>0 2 * * *</cron><timeZone>Europe/Berlin</timeZone><paused>true</paused>
            <job><function>primes</function><input><upTo>10</upTo></input><priority>2</priority></job></value>
            """;
        var made = (await Http.AskAsync("PUT", "/v1/schedules/xml", Encoding.UTF8.GetBytes(Xml), "application/xml", ("Accept", "application/xml"))).Is(201);
        Assert.StartsWith("application/xml", made.Header("Content-Type")!, StringComparison.Ordinal);
        Assert.Contains(">true</paused>", made.Text, StringComparison.Ordinal);
        var run = (await Http.AskAsync("POST", "/v1/schedules/xml/trigger")).Is(202);
        Assert.Equal("succeeded", Text(await EndedAsync(Text(run, "job")), "state"));
        (await PatchAsync("xml", """{"overlap": "allow"}""")).Is(200);
        (await Http.AskAsync("PUT", "/v1/schedules/xml", Encoding.UTF8.GetBytes(Xml), "text/plain")).Is(415);
    }

    [Fact]
    public async Task The_documented_members_are_those_that_are_read()
    {
        var schemas = (await Http.FetchAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas");
        Assert.Equal(ScheduleReader.Known.Order(), Names(schemas.GetProperty("schedules.schedule")).Order());
        Assert.Equal([.. ScheduleReader.Timing.Append("count").Append("after").Order()], Names(schemas.GetProperty("schedules.preview")).Order());
        var calendar = schemas.GetProperty("schedules.schedule").GetProperty("properties").GetProperty("calendar");
        Assert.Equal(ScheduleReader.Calendar.Order(), Names(calendar).Order());
        Assert.Equal(ScheduleReader.Window.Order(), Names(calendar.GetProperty("properties").GetProperty("windows").GetProperty("items")).Order());

        static IEnumerable<string> Names(JsonElement schema) => schema.GetProperty("properties").EnumerateObject().Select(p => p.Name);
    }

    private async Task<JsonElement> RunAsync(string name, Func<JsonElement, bool> isIt)
    {
        for (var i = 0; i < 1_500; i++)
        {
            foreach (var run in (await Http.FetchAsync($"/v1/schedules/{name}/runs")).Is(200).Json.GetProperty("runs").EnumerateArray())
            {
                if (isIt(run))
                    return run;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail($"Schedule {name} has no such run.");
        return default;
    }

    /// <summary>Runs with a job, as soon as there are so many.</summary>
    private async Task<List<JsonElement>> SubmittedAsync(string name, int count)
    {
        for (var i = 0; i < 1_500; i++)
        {
            var runs = (await Http.FetchAsync($"/v1/schedules/{name}/runs")).Is(200).Json.GetProperty("runs").EnumerateArray()
                .Where(r => r.GetProperty("outcome").GetString() == "submitted").ToList();
            if (runs.Count >= count)
                return runs;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail($"Schedule {name} has not had {count} jobs.");
        return [];
    }

    private async Task<Answer> EndedAsync(string job)
    {
        await StoredAsync(job);
        return await Http.EndAsync(job);
    }

    private async Task<Answer> ResultAsync(string job)
    {
        await StoredAsync(job);
        return (await Http.FetchAsync(job + "/result?wait=60s")).Is(200);
    }

    /// <summary>A job is in the inbox for a moment before its queue knows it.</summary>
    private async Task StoredAsync(string job)
    {
        for (var i = 0; (await Http.FetchAsync(job)).Status == 404; i++)
        {
            Assert.True(i < 500, $"{job} does not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private Task<Answer> PutAsync(string name, string body, params (string, string)[] headers) =>
        Http.AskAsync("PUT", "/v1/schedules/" + name, Encoding.UTF8.GetBytes(body), "application/json", headers);

    private Task<Answer> PatchAsync(string name, string body, params (string, string)[] headers) =>
        Http.AskAsync("PATCH", "/v1/schedules/" + name, Encoding.UTF8.GetBytes(body), "application/json", headers);

    private Task<Answer> PostAsync(string path, string body) =>
        Http.AskAsync("POST", "/v1/schedules/" + path, Encoding.UTF8.GetBytes(body), "application/json");

    private static string DaysAgo(int days) => TimeProvider.System.GetUtcNow().AddDays(-days).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(Answer answer, string member) => answer.Json.GetProperty(member).GetString()!;
}
