using System.Globalization;
using System.Text;
using System.Text.Json;
using Hearth.Jobs;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Keys of a queue of several shards, over HTTP: all jobs of a key are in one of them, however they come.</summary>
public sealed class KeyedShardsTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private HttpClient Http => silo.Http;

    [Fact]
    public async Task Jobs_of_a_key_in_their_input_are_in_one_shard_however_they_come()
    {
        await DefineAsync("inputs", """{"shards": 5, "paused": true, "limits": {"key": "$.name", "keyOrder": true}}""");
        for (var n = 0; n < 24; n++)
            (await Http.PostJobsAsync("inputs", Job(n % 8))).Is(202);
        (await Http.PostJobsAsync("inputs", Jobs(16))).Is(202);
        (await Http.PostJobsAsync("inputs", Jobs(16), headers: ("Idempotency-Key", "many"))).Is(202);
        (await Http.PostJobsAsync("inputs", string.Join('\n', Enumerable.Range(0, 16).Select(n => Job(n % 8))), "application/x-ndjson")).Is(200);
        for (var n = 0; n < 8; n++)
        {
            (await Http.AskAsync("PUT", $"/v1/schedules/keyed-{n}", Encoding.UTF8.GetBytes($$"""{"every": "1h", "queue": "inputs", "job": {{Job(n)}} }"""), "application/json")).Is(201);
            (await Http.AskAsync("POST", $"/v1/schedules/keyed-{n}/trigger")).Is(202);
        }

        await EachKeyHasAShardAsync("inputs", 80);
    }

    [Fact]
    public async Task Dead_letters_with_a_key_in_their_input_are_in_its_shard()
    {
        await DefineAsync("letters", """{"shards": 5, "paused": true, "limits": {"key": "$.input.name"}}""");
        await DefineAsync("failing", """{"deadLetters": {"queue": "letters", "function": "json-stream"}}""");
        (await Http.PostJobsAsync("failing", Jobs(32, "refuse"))).Is(202);
        await EachKeyHasAShardAsync("letters", 32);
    }

    [Fact]
    public async Task A_repeat_of_several_jobs_with_keys_gives_the_same_jobs_over_changes_of_the_shards()
    {
        await DefineAsync("repeats", """{"paused": true, "limits": {"key": "$.name"}}""");
        var first = await RepeatAsync("one", "accepted");
        foreach (var shards in new[] { 4, 2, 1 })
        {
            await DefineAsync("repeats", $$"""{"shards": {{shards}}, "paused": true, "limits": {"key": "$.name"} }""");
            Assert.Equal(first, await RepeatAsync("one", "repeat"));
            var key = string.Create(CultureInfo.InvariantCulture, $"of {shards}");
            Assert.Equal(await RepeatAsync(key, "accepted"), await RepeatAsync(key, "repeat"));
            (await Http.PostJobsAsync("repeats", Jobs(15), headers: ("Idempotency-Key", key))).IsProblem(422, "key-reused");
        }

        Assert.Equal(await RepeatAsync("of 4", "repeat"), await RepeatAsync("of 4", "repeat"));
    }

    [Fact]
    public async Task Jobs_of_a_key_stay_in_their_order_whoever_sends_them_together()
    {
        await DefineAsync("ordered", """{"shards": 3, "limits": {"key": "$.name", "keyOrder": true}}""");
        var answer = (await Http.PostJobsAsync("ordered", Jobs(64), headers: ("Idempotency-Key", "order"))).Is(202);
        var jobs = answer.Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!).ToList();
        var ended = new List<(int Name, DateTimeOffset Start)>();
        for (var n = 0; n < jobs.Count; n++)
            ended.Add((n % 8, (await Http.EndAsync(jobs[n])).Json.GetProperty("startedAt").GetDateTimeOffset()));
        foreach (var key in ended.GroupBy(job => job.Name))
            Assert.Equal(key.Select(job => job.Start).Order(), key.Select(job => job.Start));
    }

    [Fact]
    public async Task A_job_that_has_a_key_in_its_input_cannot_be_unique_beside_it()
    {
        await DefineAsync("both", """{"shards": 2, "limits": {"key": "$.name"}}""");
        var refused = (await Http.PostJobsAsync("both", """[{"function": "count", "input": {"name": "a"}}, {"function": "count", "input": {"name": "a"}, "unique": {}}]""")).IsProblem(422, "invalid-input");
        Assert.Equal("[1].unique", refused.GetProperty("field").GetString());
        Assert.Contains("limits.key", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await Http.PostJobsAsync("both", """{"function": "count", "input": {"name": "a"}, "unique": {"mode": "latest"}}""")).Is(202);
    }

    private static string Job(int n, string function = "count") => $$"""{"function": "{{function}}", "input": {"name": "key {{n}}"} }""";

    private static string Jobs(int count, string function = "count") => $"[{string.Join(',', Enumerable.Range(0, count).Select(n => Job(n % 8, function)))}]";

    private async Task DefineAsync(string queue, string definition) =>
        Assert.InRange((await Http.AskAsync("PUT", "/v1/queues/" + queue, Encoding.UTF8.GetBytes(definition), "application/json")).Status, 200, 201);

    private async Task<List<string>> RepeatAsync(string key, string outcome)
    {
        var jobs = (await Http.PostJobsAsync("repeats", Jobs(16), headers: ("Idempotency-Key", key))).Is(202).Json.GetProperty("jobs").EnumerateArray().ToList();
        Assert.All(jobs, job => Assert.Equal(outcome, job.GetProperty("outcome").GetString()));
        Assert.Equal(16, jobs.Select(job => job.GetProperty("id").GetString()).Distinct().Count());
        return [.. jobs.Select(job => job.GetProperty("id").GetString()!)];
    }

    private async Task EachKeyHasAShardAsync(string queue, int count)
    {
        List<JsonElement> jobs = [];
        await JobWorld.EventuallyAsync(
            async () =>
            {
                jobs = [.. (await Http.FetchAsync($"/v1/jobs?queue={queue}&limit=1000")).Is(200).Json.GetProperty("jobs").EnumerateArray()];
                return jobs.Count == count;
            },
            $"{count} jobs are there");
        var keys = jobs.GroupBy(job => job.GetProperty("key").GetString()).ToList();
        Assert.Equal(8, keys.Count);
        Assert.All(keys, key => Assert.Single(key.Select(job => JobId.TryParse(job.GetProperty("id").GetString()!, out var id) ? id.Shard : -1).Distinct()));
        Assert.True(jobs.Select(job => JobId.TryParse(job.GetProperty("id").GetString()!, out var id) ? id.Shard : -1).Distinct().Count() > 1);
    }
}
