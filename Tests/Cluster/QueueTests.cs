using System.Collections.Concurrent;
using System.Text;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Queues in a cluster: a change on one silo counts on all, and their shards change while silos die.</summary>
public sealed class QueueTests : SiloGroupTests
{
    [PostgresFact]
    public async Task A_change_on_one_silo_counts_on_the_others_once_it_is_answered()
    {
        var started = await Group.StartAsync("a", "b");
        var (a, b) = (started[0].Http, started[1].Http);
        await SiloGroup.SeesAsync(a, "a", "b");
        await SiloGroup.SeesAsync(b, "a", "b");
        foreach (var queue in (await Group.QueuesOfAsync(a)).Values)
        {
            (await a.AskAsync("POST", $"/v1/queues/{queue}/pause")).Is(200);
            var job = await b.PostJobAsync(queue, """{"function":"reverse","input":"a"}""");
            Assert.True((await b.FetchAsync("/v1/queues/" + queue)).Is(200).Json.GetProperty("paused").GetBoolean());
            Assert.Equal("ready", (await b.FetchAsync(job + "?wait=500ms")).Is(200).Json.GetProperty("state").GetString());
            (await PutAsync(a, queue, """{"depthMax":1,"paused":true}""")).Is(200);
            (await b.PostJobsAsync(queue, """{"function":"reverse","input":"a"}""")).IsProblem(429, "queue-full");
            (await b.AskAsync("POST", $"/v1/queues/{queue}/resume")).Is(200);
            Assert.Equal("succeeded", await a.BecomesEndedAsync(job));
        }
    }

    [PostgresFact]
    public async Task Over_changes_of_shards_and_a_killed_silo_nothing_is_lost_and_no_key_is_taken_twice()
    {
        const int Keys = 60;
        var started = await Group.StartAsync("a", "b", "c");
        var (a, b) = (started[0].Http, started[1].Http);
        await SiloGroup.SeesAsync(a, "a", "b", "c");
        var ids = new ConcurrentDictionary<int, ConcurrentBag<string>>();
        using var done = new CancellationTokenSource();
        var submitting = Task.WhenAll(new[] { a, b }.Select(http => Task.Run(async () =>
        {
            // Every key again and again, through both silos, while the shards change.
            for (var n = 0; !done.IsCancellationRequested || n < Keys; n++)
                await SubmitAsync(http, n % Keys, ids);
        })));
        await RoundAsync(3);
        await started[2].Silo.KillAsync();
        await RoundAsync(2);
        await RoundAsync(5);
        await done.CancelAsync();
        await submitting;

        Assert.Equal(Keys, ids.Count);
        Assert.All(ids, key => Assert.Single(key.Value.Distinct(StringComparer.Ordinal)));
        foreach (var id in ids.Values.Select(all => all.First()))
            Assert.Equal("succeeded", await a.BecomesEndedAsync("/v1/jobs/" + id));
        Assert.Equal(Keys, (await b.FetchAsync("/v1/jobs?queue=moving&limit=1000")).Is(200).Json.GetProperty("jobs").GetArrayLength());

        async Task RoundAsync(int shards)
        {
            await SiloGroup.EventuallyAsync(
                async () => (await PutAsync(a, "moving", $$"""{"shards":{{shards}}}""")).Status is 200 or 201, $"queue 'moving' has {shards} shards");
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        }
    }

    private static Task<Answer> PutAsync(HttpClient http, string queue, string definition) =>
        http.AskAsync("PUT", "/v1/queues/" + queue, Encoding.UTF8.GetBytes(definition), "application/json");

    private static async Task SubmitAsync(HttpClient http, int key, ConcurrentDictionary<int, ConcurrentBag<string>> ids)
    {
        var answer = await http.PostJobsAsync(
            "moving", $$"""{"function":"reverse","input":"{{key}}"}""", headers: ("Idempotency-Key", FormattableString.Invariant($"key {key}")));
        if (answer.Status == 202)
            ids.GetOrAdd(key, _ => []).Add(answer.Json.GetProperty("id").GetString()!);
        else
            Assert.True(answer.Status is 409 or 503, answer.Text);
    }
}
