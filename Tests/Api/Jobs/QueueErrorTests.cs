using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>What went wrong in a queue, grouped; and in one job, in time.</summary>
public sealed class QueueErrorTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task Failed_jobs_are_grouped_by_function_type_and_what_their_errors_have_in_common()
    {
        var ids = new List<string>();
        foreach (var reason in new[] { "order 1 is gone", "order 22 is gone", "order 333 is gone", "no such luck" })
            ids.Add(await silo.Http.PostJobAsync("wrong", $$$"""{"function":"refuse","input":{"name":"{{{reason}}}"}}"""));
        await silo.Http.PostJobAsync("wrong", """{"function":"reverse","input":"a"}""");
        var retrying = await silo.Http.PostJobAsync("wrong", """{"function":"flaky","input":{"value":9},"retry":{"initial":"1h"}}""");
        foreach (var id in ids)
            await silo.Http.EndAsync(id);
        await silo.Http.BecomesAsync(retrying, "retrying");
        var answer = (await silo.Http.FetchAsync("/v1/queues/wrong/errors")).Is(200).Json;
        Assert.Equal(
            [("refuse", "order # is gone", 3, 0), ("refuse", "no such luck", 1, 0), ("flaky", "attempt # fails", 0, 1)],
            answer.GetProperty("errors").EnumerateArray().Select(e => (
                e.GetProperty("function").GetString()!, e.GetProperty("message").GetString()!, e.GetProperty("failed").GetInt32(), e.GetProperty("retrying").GetInt32())));
        var first = answer.GetProperty("errors")[0];
        Assert.Equal("FunctionException", first.GetProperty("errorType").GetString());
        Assert.Equal(ids.Take(3).Reverse().Select(id => id[9..]), first.GetProperty("jobs").EnumerateArray().Select(j => j.GetString()));
        Assert.True(first.GetProperty("firstAt").GetDateTimeOffset() <= first.GetProperty("lastAt").GetDateTimeOffset());
        Assert.False(answer.GetProperty("cut").GetBoolean());
        var some = (await silo.Http.FetchAsync("/v1/queues/wrong/errors?function=refuse&error=luck", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal("no such luck", Assert.Single(some["errors"]!.ChildNodes.Cast<System.Xml.XmlElement>())["message"]!.InnerText);
        Assert.Empty((await silo.Http.FetchAsync("/v1/queues/wrong/errors?to=2001-01-01T00:00:00Z")).Is(200).Json.GetProperty("errors").EnumerateArray());
    }

    [Fact]
    public async Task More_errors_than_are_told_at_once_are_told_page_by_page()
    {
        var jobs = Enumerable.Range(0, 520).Select(i => $$$"""{"function":"refuse","input":{"name":"{{{Letters(i)}}} went wrong"}}""");
        var ids = (await silo.Http.PostJobsAsync("manifold", $"[{string.Join(',', jobs)}]")).Is(202).Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()).ToList();
        foreach (var id in ids)
            await silo.Http.EndAsync("/v1/jobs/" + id);
        var first = (await silo.Http.FetchAsync("/v1/queues/manifold/errors")).Is(200);
        Assert.True(first.Json.GetProperty("cut").GetBoolean());
        var told = first.Json.GetProperty("errors").EnumerateArray().ToList();
        for (var next = first.Json.GetProperty("next").GetString(); next is not null;)
        {
            var page = (await silo.Http.FetchAsync(next)).Is(200).Json;
            told.AddRange(page.GetProperty("errors").EnumerateArray());
            next = page.GetProperty("next").GetString();
        }

        Assert.Equal(520, told.Select(e => e.GetProperty("message").GetString()).Distinct().Count());
        Assert.Equal(520, told.Sum(e => e.GetProperty("failed").GetInt32()));
    }

    [Fact]
    public async Task A_queue_or_condition_that_is_not_there_is_told()
    {
        (await silo.Http.FetchAsync("/v1/queues/nobody/errors")).IsProblem(404, "unknown-queue");
        (await silo.Http.FetchAsync("/v1/queues/A/errors")).IsProblem(404, "unknown-queue");
        await silo.Http.PostJobAsync("told", """{"function":"reverse","input":"a"}""");
        foreach (var condition in new[] { "state", "queue", "limit", "page" })
            Assert.Equal(condition, (await silo.Http.FetchAsync($"/v1/queues/told/errors?{condition}=1")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
        (await silo.Http.FetchAsync("/v1/queues/told/errors?cursor=garbage")).IsProblem(422, "invalid-input");
    }

    [Fact]
    public async Task The_timeline_of_a_job_tells_its_attempts_and_waits()
    {
        var path = await silo.Http.PostJobAsync("timeline", """{"function":"flaky","input":{"value":2}}""");
        await silo.Http.EndAsync(path);
        var timeline = (await silo.Http.FetchAsync(path + "/timeline")).Is(200).Json;
        var steps = timeline.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(["failed", "failed", "succeeded"], steps.Where(s => s.GetProperty("kind").GetString() == "attempt").Select(s => s.GetProperty("end").GetString()));
        Assert.Equal("attempt 1 fails", steps.First(s => s.GetProperty("kind").GetString() == "attempt").GetProperty("error").GetString());
        Assert.Equal(2, steps.Count(s => s.GetProperty("kind").GetString() == "retrying" && s.GetProperty("seconds").GetDouble() >= 0.01));
        Assert.Equal(("succeeded", 0), (timeline.GetProperty("state").GetString(), timeline.GetProperty("omitted").GetInt32()));
        Assert.InRange(timeline.GetProperty("waitSeconds").GetDouble() + timeline.GetProperty("runSeconds").GetDouble(), 0.02, timeline.GetProperty("seconds").GetDouble() + 0.01);
        Assert.Equal("timeline", (await silo.Http.FetchAsync(path + "/timeline", ("Accept", "application/xml"))).Is(200).Xml["queue"]!.InnerText);
        (await silo.Http.FetchAsync("/v1/jobs/1/timeline")).IsProblem(404, "unknown-job");
    }

    [Fact]
    public async Task A_running_attempt_is_told_with_its_silo()
    {
        var path = await silo.Http.PostJobAsync("timeline-running", """{"function":"hold","input":{"name":"timeline"}}""");
        await silo.Http.ReachesAsync("started.timeline", 1);
        var name = (await silo.Http.FetchAsync("/v1/silos")).Json.GetProperty("silos")[0].GetProperty("name").GetString();
        var last = (await silo.Http.FetchAsync(path + "/timeline")).Is(200).Json.GetProperty("steps").EnumerateArray().Last();
        Assert.Equal(("attempt", "running", name), (last.GetProperty("kind").GetString(), last.GetProperty("end").GetString(), last.GetProperty("silo").GetString()));
        (await silo.Http.AskAsync("DELETE", path)).Is(200);
    }

    /// <summary>A number without digits.</summary>
    private static string Letters(int number) => string.Concat(number.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(digit => (char)('g' + digit - '0')));
}
