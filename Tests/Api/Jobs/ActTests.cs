using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Cancelling jobs and running ended ones again.</summary>
public sealed class ActTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task A_waiting_job_is_cancelled_and_never_starts()
    {
        using var folder = new TempFolder();
        var ledger = System.Text.Json.JsonSerializer.Serialize(folder["ledger"]);
        var path = await silo.Http.PostJobAsync("cancel", $$"""{"function":"ledger","input":{"file":{{ledger}},"seconds":0},"delay":"4s"}""");
        var job = (await silo.Http.AskAsync("DELETE", path)).Is(200).Json;
        Assert.Equal(("cancelled", "cancelled"), (job.GetProperty("state").GetString(), job.GetProperty("errorType").GetString()));
        (await silo.Http.AskAsync("DELETE", path)).IsProblem(409, "job-ended");
        // One that is due later has run by now, and this one has not.
        await silo.Http.EndAsync(await silo.Http.PostJobAsync("cancel", """{"function":"reverse","input":"a","delay":"4100ms"}"""));
        Assert.False(File.Exists(folder["ledger"]));
    }

    [Fact]
    public async Task A_running_job_is_cut_off()
    {
        var path = await silo.Http.PostJobAsync("cancel", """{"function":"hold","input":{"name":"cut-off"}}""");
        await silo.Http.ReachesAsync("started.cut-off", 1);
        Assert.Equal("cancelled", (await silo.Http.AskAsync("DELETE", path, headers: ("Accept", "application/xml"))).Is(200).Xml["state"]!.InnerText);
        await silo.Http.ReachesAsync("ended.cut-off", 1);
        Assert.Equal("cancelled", (await silo.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Cancelling_a_parked_job_many_times_at_once_counts_it_once()
    {
        var path = await silo.Http.PostJobAsync("cancel-once", """{"function":"reverse","input":"a","delay":"1h"}""");
        await silo.Http.PostJobAsync("cancel-once", """{"function":"reverse","input":"a","delay":"1h"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => silo.Http.AskAsync("DELETE", path)));
        Assert.Contains(answers, a => a.Status == 200);
        Assert.All(answers, a => Assert.Contains(a.Status, new[] { 200, 409 }));
        Assert.Equal(1, (await silo.Http.FetchAsync("/v1/queues/cancel-once")).Json.GetProperty("scheduled").GetInt32());
    }

    [Fact]
    public async Task An_ended_job_stays_as_it_is()
    {
        var path = await silo.Http.PostJobAsync("cancel", """{"function":"reverse","input":"a"}""");
        var ended = (await silo.Http.EndAsync(path)).Text;
        var problem = (await silo.Http.AskAsync("DELETE", path)).IsProblem(409, "job-ended");
        Assert.Contains("succeeded", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(ended, (await silo.Http.FetchAsync(path)).Text);
    }

    [Fact]
    public async Task A_failed_job_is_run_again_as_a_new_one_that_points_to_it()
    {
        var path = await silo.Http.PostJobAsync("redrive", """{"function":"refuse","input":{"name":"no"},"tags":["again"],"priority":1}""");
        (await silo.Http.EndAsync(path)).Is(200);
        var again = (await silo.Http.AskAsync("POST", path + "/redrive")).Is(202);
        var job = (await silo.Http.EndAsync(again.Header("Location")!)).Json;
        Assert.NotEqual(path, again.Header("Location"));
        Assert.Equal((path[9..], "failed", "no", 1, "again"), (
            job.GetProperty("redriveOf").GetString(), job.GetProperty("state").GetString(), job.GetProperty("error").GetString(),
            job.GetProperty("priority").GetInt32(), job.GetProperty("tags")[0].GetString()));
        Assert.Equal("failed", (await silo.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_cancelled_job_is_run_again_at_once_though_it_was_delayed()
    {
        var path = await silo.Http.PostJobAsync("redrive", """{"function":"reverse","input":"abc","delay":"1h"}""");
        (await silo.Http.AskAsync("POST", path + "/redrive")).IsProblem(409, "job-open");
        (await silo.Http.AskAsync("DELETE", path)).Is(200);
        var again = (await silo.Http.AskAsync("POST", path + "/redrive")).Is(202).Header("Location")!;
        await silo.Http.EndAsync(again);
        Assert.Equal("\"cba\"", (await silo.Http.FetchAsync(again + "/result")).Is(200).Text);
        (await silo.Http.AskAsync("POST", again + "/redrive")).IsProblem(409, "job-succeeded");
    }

    [Fact]
    public async Task A_redrive_that_is_sent_twice_with_a_key_is_one_job()
    {
        (string, string) key = ("Idempotency-Key", "redrive");
        var paths = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            paths.Add(await silo.Http.PostJobAsync("redrive", """{"function":"refuse","input":{"name":"no"}}"""));
            await silo.Http.EndAsync(paths[i]);
        }

        var first = (await silo.Http.AskAsync("POST", paths[0] + "/redrive", headers: key)).Is(202).Header("Location");
        Assert.Equal(first, (await silo.Http.AskAsync("POST", paths[0] + "/redrive", headers: key)).Is(202).Header("Location"));
        (await silo.Http.AskAsync("POST", paths[1] + "/redrive", headers: key)).IsProblem(422, "key-reused");
        Assert.NotEqual(first, (await silo.Http.AskAsync("POST", paths[0] + "/redrive")).Is(202).Header("Location"));
    }

    [Theory]
    [InlineData("01a1fe06a6ab7bef9bf7c765b76ecb7d")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("01A1FE06A6AB7BEF9BF7C765B76ECB7D")]
    [InlineData("1")]
    [InlineData("'; DROP TABLE job; --")]
    public async Task A_foreign_id_answers_like_a_missing_one_everywhere(string id)
    {
        await silo.Http.PostJobAsync("default", """{"function":"reverse","input":"a"}""");
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/result"), ("GET", "/events"), ("DELETE", ""), ("POST", "/redrive") })
        {
            var problem = (await silo.Http.AskAsync(method, $"/v1/jobs/{id}{path}")).IsProblem(404, "unknown-job");
            Assert.Equal($"There is no job '{id}'.", problem.GetProperty("detail").GetString());
        }
    }
}
