using System.Text;
using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Two silos of one pool, as two callers see them who each know one.</summary>
public sealed class TwoSiloTests : SiloGroupTests
{
    private SiloProcess first = null!;
    private SiloProcess second = null!;
    private HttpClient a = null!;
    private HttpClient b = null!;
    private Dictionary<string, string> queues = [];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var started = await Group.StartAsync("a", "b");
        ((first, a), (second, b)) = (started[0], started[1]);
        await SiloGroup.SeesAsync(a, "a", "b");
        await SiloGroup.SeesAsync(b, "a", "b");
        queues = await Group.QueuesOfAsync(a);
    }

    [PostgresFact]
    public async Task A_job_is_submitted_at_either_end_and_followed_cancelled_and_redriven_at_the_other()
    {
        foreach (var (here, there) in new[] { (a, b), (b, a) })
        {
            foreach (var queue in queues.Values)
            {
                await FollowAsync(here, there, queue);
                await CancelAsync(here, there, queue);
            }
        }

        var shown = (await b.FetchAsync("/v1/queues")).Is(200).Json.GetProperty("queues").EnumerateArray().Select(q => q.GetProperty("name").GetString()!);
        Assert.Equal(queues.Values.Append("default").Order(StringComparer.Ordinal), shown);
    }

    [PostgresFact]
    public async Task A_backlog_of_one_queue_is_run_by_both_and_a_lone_job_where_its_shard_is()
    {
        foreach (var (name, silo) in new[] { ("a", first), ("b", second) })
        {
            var lone = await SiloGroup.SubmitEffectsAsync(a, queues[name], 1, 1);
            await SiloGroup.AllSucceedAsync(b, lone);
            Assert.Equal($"silo{silo.Id}", Assert.Single(Group.Effects, effect => lone[0].EndsWith(effect.Job, StringComparison.Ordinal)).Silo);
        }

        var many = await SiloGroup.SubmitEffectsAsync(a, queues["a"], 24, 200);
        await SiloGroup.AllSucceedAsync(b, many);
        var ran = Group.Effects.Where(effect => many.Contains("/v1/jobs/" + effect.Job)).ToList();
        Assert.Equal(24, ran.Count);
        Assert.Equal(2, ran.Select(effect => effect.Silo).Distinct().Count());
    }

    [PostgresFact]
    public async Task A_call_for_which_there_is_no_slot_here_runs_on_the_other_silo_and_is_refused_when_there_is_none_there()
    {
        using var hangUp = new CancellationTokenSource();
        var held = Enumerable.Range(0, 6).Select(_ => HoldAsync(a, hangUp.Token)).ToList();
        await a.ReachesAsync("started.held", 3);
        await b.ReachesAsync("started.held", 3);
        var busy = (await a.CallAsync("hold", """{"name":"held"}""")).IsProblem(429, "busy");
        Assert.Contains("hold", busy.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await hangUp.CancelAsync();
        await Task.WhenAll(held);
        // The run on the other silo is cut off with its caller.
        await b.ReachesAsync("ended.held", 3);
        await a.ReachesAsync("ended.held", 3);
    }

    [PostgresFact]
    public async Task A_running_job_is_cut_off_on_whichever_silo_it_runs()
    {
        var jobs = new List<string>();
        foreach (var queue in queues.Values)
        {
            for (var n = 0; n < 3; n++)
                jobs.Add(await a.PostJobAsync(queue, """{"function":"hold","input":{"name":"cut"}}"""));
        }

        await a.ReachesAsync("started.cut", 3);
        await b.ReachesAsync("started.cut", 3);
        foreach (var job in jobs)
            (await b.AskAsync("DELETE", job)).Is(200);
        await a.ReachesAsync("ended.cut", 3);
        await b.ReachesAsync("ended.cut", 3);
    }

    [PostgresFact]
    public async Task Large_inputs_and_results_go_to_the_other_silo_and_back()
    {
        var large = JsonSerializer.Serialize(new string('x', 3 << 20));
        var jobs = Enumerable.Range(0, 12).Select(_ => $$"""{"function":"reverse","input":{{large}}}""").ToArray();
        foreach (var queue in queues.Values)
        {
            var answer = (await a.PostJobsAsync(queue, $"[{string.Join(',', jobs)}]")).Is(202).Json;
            foreach (var job in SiloGroup.PathsOf(answer))
                Assert.Equal(large.Length, (await b.FetchAsync(job + "/result?wait=30s")).Is(200).Body.Length);
        }
    }

    [PostgresFact]
    public async Task What_a_run_says_of_itself_reaches_its_shard_from_whichever_silo_it_runs_on()
    {
        var jobs = new List<string>();
        for (var n = 0; n < 6; n++)
            jobs.Add(await a.PostJobAsync(queues["a"], """{"function":"tell","input":{"name":"said"}}"""));
        try
        {
            await a.ReachesAsync("telling.said", 3);
            await b.ReachesAsync("telling.said", 3);
        }
        catch (Exception e)
        {
            var shown = await Task.WhenAll(jobs.Select(async job => (await a.FetchAsync(job)).Text));
            throw new InvalidOperationException($"{e.Message}: {string.Join('\n', shown)} {(await a.FetchAsync("/v1/functions/tell")).Text} {(await b.FetchAsync("/v1/functions/tell")).Text}", e);
        }

        foreach (var job in jobs)
        {
            await SiloGroup.EventuallyAsync(
                async () => (await b.FetchAsync(job)).Is(200).Json.GetProperty("progress") is { ValueKind: JsonValueKind.Object } progress
                    && progress.GetProperty("percent").GetDouble() == 50 && progress.GetProperty("message").GetString() == "half",
                "its progress is shown");
        }

        foreach (var silo in new[] { a, b })
            (await silo.CallAsync("open", """{"name":"said"}""")).Is(204);
        foreach (var job in jobs)
        {
            Assert.Equal("7", (await b.FetchAsync(job + "/result?wait=60s")).Is(200).Text);
            Assert.Contains("first run", (await b.FetchAsync(job + "/log")).Is(200).Text, StringComparison.Ordinal);
            Assert.Contains(await b.EventsAsync(job), e => e.Event == "attempt-snoozed" && e.Data.GetProperty("error").GetString() == "again");
        }
    }

    [PostgresFact]
    public async Task A_worker_outside_gets_jobs_through_either_silo()
    {
        foreach (var queue in queues.Values)
        {
            var job = await a.PostJobAsync(queue, """{"function":"outside","input":{"page":1}}""");
            var leased = (await PostAsync(b, queue, "lease", """{"worker":"w","functions":["outside"],"max":10,"lease":"1m","wait":"20s"}""")).Is(200).Json;
            var one = Assert.Single(leased.GetProperty("jobs").EnumerateArray());
            Assert.Equal(job, "/v1/jobs/" + one.GetProperty("id").GetString());
            (await PostAsync(a, queue, "complete", $$"""{"id":"{{one.GetProperty("id").GetString()}}","attempt":1,"outcome":"succeeded","result":"done"}""")).Is(200);
            Assert.Equal("\"done\"", (await b.FetchAsync(job + "/result")).Is(200).Text);
        }
    }

    private async Task FollowAsync(HttpClient here, HttpClient there, string queue)
    {
        var job = await here.PostJobAsync(queue, """{"function":"reverse","input":"abc"}""");
        Assert.Equal("succeeded", (await there.EndAsync(job)).Json.GetProperty("state").GetString());
        Assert.Equal("\"cba\"", (await there.FetchAsync(job + "/result")).Is(200).Text);
        Assert.Equal("succeeded", (await there.EventsAsync(job))[^1].Data.GetProperty("state").GetString());
        var listed = (await there.FetchAsync($"/v1/jobs?queue={queue}&state=succeeded")).Is(200).Json.GetProperty("jobs").EnumerateArray();
        Assert.Contains(listed, one => job.EndsWith(one.GetProperty("id").GetString()!, StringComparison.Ordinal));
        Assert.Equal("\"3\"", (await there.CallAsync("reverse", "\"3\"", "application/json", ("Prefer", "respond-async, wait=20"))).Is(200).Text);
    }

    private static async Task CancelAsync(HttpClient here, HttpClient there, string queue)
    {
        var job = await here.PostJobAsync(queue, """{"function":"reverse","input":"abc","delay":"1h"}""");
        Assert.Equal("scheduled", (await there.FetchAsync(job)).Is(200).Json.GetProperty("state").GetString());
        var open = (await there.FetchAsync($"/v1/jobs?queue={queue}&state=scheduled")).Is(200).Json.GetProperty("jobs").EnumerateArray();
        Assert.Contains(open, one => job.EndsWith(one.GetProperty("id").GetString()!, StringComparison.Ordinal));
        var waiting = here.FetchAsync(job + "?wait=30s");
        (await there.AskAsync("DELETE", job)).Is(200);
        Assert.Equal("cancelled", (await waiting).Is(200).Json.GetProperty("state").GetString());
        var again = (await here.AskAsync("POST", job + "/redrive")).Is(202).Header("Location")!;
        Assert.Equal("succeeded", (await there.EndAsync(again)).Json.GetProperty("state").GetString());
    }

    private static Task<Answer> PostAsync(HttpClient http, string queue, string verb, string body) =>
        http.AskAsync("POST", $"/v1/queues/{queue}/{verb}", Encoding.UTF8.GetBytes(body), "application/json");

    private static async Task HoldAsync(HttpClient http, CancellationToken hangUp)
    {
        using var body = new StringContent("""{"name":"held"}""", Encoding.UTF8, "application/json");
        await http.PostAsync(new Uri("/v1/functions/hold/call", UriKind.Relative), body, hangUp)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
