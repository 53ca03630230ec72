using System.Text.Json;
using Hearth.Api.Jobs.Lists;
using Hearth.Jobs;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Finding jobs.</summary>
public sealed class ListTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task Pages_follow_each_other_newest_first_without_loss_or_repeat()
    {
        var ids = await SubmitAsync("pages", Enumerable.Repeat("""{"function":"reverse","input":"a"}""", 23));
        await silo.Http.EndAsync("/v1/jobs/" + ids[^1]);
        foreach (var limit in new[] { 1, 5, 23, 24, 1000 })
            Assert.Equal(Enumerable.Reverse(ids), await AllAsync($"/v1/jobs?queue=pages&limit={limit}"));
    }

    [Fact]
    public async Task A_page_has_a_link_to_the_next_and_the_last_has_none()
    {
        await SubmitAsync("links", Enumerable.Repeat("""{"function":"reverse","input":"a","tags":["l k"]}""", 3));
        var page = (await silo.Http.FetchAsync("/v1/jobs?queue=links&tag=l%20k&limit=2")).Is(200);
        var next = page.Json.GetProperty("next").GetString()!;
        Assert.Equal($"<{next}>; rel=\"next\"", page.Header("Link"));
        Assert.Contains("queue=links", next, StringComparison.Ordinal);
        Assert.False(page.Json.GetProperty("cut").GetBoolean());
        var last = (await silo.Http.FetchAsync(next)).Is(200);
        Assert.Single(last.Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, last.Json.GetProperty("next").ValueKind);
        Assert.Null(last.Header("Link"));
    }

    [Fact]
    public async Task Jobs_are_found_by_state_function_tag_time_and_error()
    {
        var ids = await SubmitAsync("found",
        [
            """{"function":"reverse","input":"a","tags":["red"]}""",
            """{"function":"refuse","input":{"name":"no Such luck"},"tags":["red","blue"]}""",
            """{"function":"reverse","input":"a","delay":"1h","tags":["blue"]}""",
            """{"function":"flaky","input":{"value":9},"retry":{"initial":"1h"}}""",
            """{"function":"narrow","input":{"name":"a"},"delay":"1h"}""",
        ]);
        await silo.Http.EndAsync("/v1/jobs/" + ids[0]);
        await silo.Http.EndAsync("/v1/jobs/" + ids[1]);
        var retrying = (await silo.Http.BecomesAsync("/v1/jobs/" + ids[3], "retrying")).Json;
        await IsAsync("", 4, 3, 2, 1, 0);
        await IsAsync("&state=succeeded", 0);
        await IsAsync("&state=failed", 1);
        await IsAsync("&state=cancelled");
        await IsAsync("&state=scheduled", 4, 2);
        await IsAsync("&state=retrying", 3);
        await IsAsync("&state=running");
        await IsAsync("&state=ready");
        await IsAsync("&function=reverse", 2, 0);
        await IsAsync("&function=reverse&state=scheduled", 2);
        await IsAsync("&tag=red", 1, 0);
        await IsAsync("&tag=blue&state=scheduled", 2);
        await IsAsync("&tag=nothing");
        await IsAsync("&error=Such", 1);
        await IsAsync("&error=FunctionException&state=failed", 1);
        await IsAsync("&error=such");
        await IsAsync("&error=attempt&state=retrying", 3);
        var at = Uri.EscapeDataString(retrying.GetProperty("acceptedAt").GetString()!);
        await IsAsync($"&from={at}&state=scheduled", 4, 2);
        await IsAsync("&to=2001-01-01T00:00:00Z");
        await IsAsync("&from=2001-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&limit=2", 4, 3, 2, 1, 0);
        var shown = (await silo.Http.FetchAsync("/v1/jobs?queue=found")).Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("state").GetString());
        Assert.Equal(["scheduled", "retrying", "scheduled", "failed", "succeeded"], shown);

        async Task IsAsync(string query, params int[] expected) =>
            Assert.Equal(expected.Select(i => ids[i]), await AllAsync("/v1/jobs?queue=found" + query));
    }

    [Fact]
    public async Task A_running_job_is_shown_as_running_in_any_list()
    {
        var ids = await SubmitAsync("running", Enumerable.Repeat("""{"function":"hold","input":{"name":"lists"}}""", 5));
        await silo.Http.ReachesAsync("started.lists", 3);
        Assert.Equal(ids.Take(3).Reverse(), await AllAsync("/v1/jobs?queue=running&state=running"));
        Assert.Equal(ids.Skip(3).Reverse(), await AllAsync("/v1/jobs?queue=running&state=ready&limit=1"));
        Assert.Equal(["ready", "ready", "running", "running", "running"],
            (await silo.Http.FetchAsync("/v1/jobs?queue=running")).Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("state").GetString()));
        var queue = (await silo.Http.FetchAsync("/v1/queues/running")).Is(200).Json;
        Assert.Equal((0, 2, 3, 0, 5), (Count("scheduled"), Count("ready"), Count("running"), Count("retrying"), Count("open")));
        Assert.Equal(JobLimits.QueueDepthMax, Count("openMax"));

        int Count(string state) => queue.GetProperty(state).GetInt32();
    }

    [Fact]
    public async Task Without_a_queue_all_queues_are_listed_and_an_unknown_queue_is_empty()
    {
        const string Job = """{"function":"reverse","input":"a","tags":["everywhere"]}""";
        var ids = new List<string>();
        foreach (var queue in new[] { "every1", "every2", "every1", "every3" })
            ids.AddRange(await SubmitAsync(queue, [Job]));
        foreach (var limit in new[] { 1, 3, 50 })
            Assert.Equal(Enumerable.Reverse(ids), await AllAsync($"/v1/jobs?tag=everywhere&limit={limit}"));
        Assert.Equal(["every1", "every2", "every3"], (await silo.Http.FetchAsync("/v1/queues")).Json.GetProperty("queues").EnumerateArray()
            .Select(q => q.GetProperty("name").GetString()).Where(name => name!.StartsWith("every", StringComparison.Ordinal)));
        Assert.Empty(await AllAsync("/v1/jobs?queue=nobody"));
    }

    [Fact]
    public async Task Lists_and_queues_are_shown_in_xml()
    {
        await SubmitAsync("lists-xml", ["""{"function":"reverse","input":"a"}"""]);
        var page = (await silo.Http.FetchAsync("/v1/jobs?queue=lists-xml", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal("reverse", page["jobs"]!["item"]!["function"]!.InnerText);
        Assert.Equal("lists-xml", (await silo.Http.FetchAsync("/v1/queues/lists-xml", ("Accept", "application/xml"))).Is(200).Xml["name"]!.InnerText);
        (await silo.Http.FetchAsync("/v1/queues", ("Accept", "application/xml"))).Is(200);
        (await silo.Http.FetchAsync("/v1/jobs", ("Accept", "image/png"))).IsProblem(406, "not-acceptable");
    }

    [Theory]
    [InlineData("queue=A", "queue")]
    [InlineData("queue=", "queue")]
    [InlineData("function=9", "function")]
    [InlineData("state=done", "state")]
    [InlineData("state=Ready", "state")]
    [InlineData("state=ready,running", "state")]
    [InlineData("tag=", "tag")]
    [InlineData("tag=%00", "tag")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2030-01-01T00:00:00+01:00", "from")]
    [InlineData("to=1893456000", "to")]
    [InlineData("from=2030-01-01T00:00:00Z&to=2030-01-01T00:00:00Z", "to")]
    [InlineData("error=", "error")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=many", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("page=2", "page")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=garbage", "cursor")]
    [InlineData("cursor=%F0%9F%94%A5", "cursor")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "cursor")]
    public async Task A_condition_that_cannot_be_is_422(string query, string field) =>
        Assert.Equal(field, (await silo.Http.FetchAsync("/v1/jobs?" + query)).IsProblem(422, "invalid-input").GetProperty("field").GetString());

    [Fact]
    public async Task A_cursor_is_good_for_its_list_only_and_no_change_of_it_goes_unnoticed()
    {
        await SubmitAsync("cursors", Enumerable.Repeat("""{"function":"reverse","input":"a"}""", 3));
        var cursor = (await silo.Http.FetchAsync("/v1/jobs?queue=cursors&limit=1")).Json.GetProperty("next").GetString()!.Split("cursor=")[1];
        (await silo.Http.FetchAsync($"/v1/jobs?queue=cursors&limit=2&cursor={cursor}")).Is(200);
        (await silo.Http.FetchAsync($"/v1/jobs?queue=cursors&state=succeeded&cursor={cursor}")).IsProblem(422, "invalid-input");
        (await silo.Http.FetchAsync($"/v1/jobs?cursor={cursor}")).IsProblem(422, "invalid-input");
        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor[..i] + (cursor[i] == 'x' ? 'y' : 'x') + cursor[(i + 1)..];
            var answer = await silo.Http.FetchAsync($"/v1/jobs?queue=cursors&cursor={changed}");
            // The last character's lowest bits say nothing.
            Assert.True(answer.Status == 422 || (i == cursor.Length - 1 && answer.Status == 200), $"{changed}: {answer.Status}");
        }
    }

    [Fact]
    public void A_cursor_is_read_as_it_was_written()
    {
        var id = JobId.Create(1_893_456_000_000, 17, 3, 5);
        Assert.Equal(id, ListCursor.Read(ListCursor.Of(id, "filter"), "filter"));
        Assert.Null(ListCursor.Read(ListCursor.Of(id, "filter"), "other"));
    }

    private async Task<List<string>> SubmitAsync(string queue, IEnumerable<string> jobs) =>
    [
        .. (await silo.Http.PostJobsAsync(queue, $"[{string.Join(',', jobs)}]")).Is(202).Json.GetProperty("jobs").EnumerateArray()
            .Select(j => j.GetProperty("id").GetString()!),
    ];

    private async Task<List<string>> AllAsync(string path)
    {
        var ids = new List<string>();
        for (var next = path; next is not null;)
        {
            var page = (await silo.Http.FetchAsync(next)).Is(200).Json;
            ids.AddRange(page.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString();
        }

        return ids;
    }
}
