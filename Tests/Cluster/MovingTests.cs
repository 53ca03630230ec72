using System.Collections.Concurrent;
using System.Text;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Work goes on while silos drain, die and come.</summary>
public sealed class MovingTests : SiloGroupTests
{
    [PostgresFact]
    public async Task A_drain_empties_a_silo_and_nothing_runs_twice()
    {
        var (started, queues, jobs) = await StartTwoAtWorkAsync();
        var (a, b) = (started[0].Http, started[1].Http);

        (await a.AskAsync("POST", "/v1/silos/b/drain")).Is(202);
        // Who only knows the draining one is served too, by the other.
        Assert.Equal($"{started[0].Silo.Id}", (await CallUntilAsync(b, $"{started[0].Silo.Id}")).Text);
        jobs.Add(await b.PostJobAsync(queues["b"], """{"function":"reverse","input":"abc"}"""));
        await SiloGroup.AllSucceedAsync(b, jobs);
        await SiloGroup.EventuallyAsync(
            async () => (await b.FetchAsync("/v1/silos/b")).Is(200).Json.GetProperty("load").GetProperty("running").GetInt32() == 0, "it is empty");
        Assert.Equal(0, await started[1].Silo.StopAsync());
        Assert.All(Group.Effects.GroupBy(effect => effect.Job), runs => Assert.Single(runs));
        Assert.Equal(60, Group.Effects.Count);
    }

    [PostgresFact]
    public async Task A_silo_that_is_killed_loses_no_job_and_one_that_comes_takes_work_over()
    {
        var (started, queues, jobs) = await StartTwoAtWorkAsync();
        var killedAt = TimeProvider.System.GetTimestamp();
        await started[1].Silo.KillAsync();
        // Those that had not ended, and those that just had, whose results may not have been stored yet.
        var lost = Group.Effects.Count(effect => effect.Silo == $"silo{started[1].Silo.Id}"
            && (effect.End is not { } end || TimeProvider.System.GetElapsedTime(end, killedAt) < TimeSpan.FromMilliseconds(500)));
        var (third, c) = await Group.StartOneAsync("c");
        // More than the others have slots for, wherever the shards are by now.
        jobs.AddRange(await SiloGroup.SubmitEffectsAsync(c, queues["a"], 30, 200));
        await SiloGroup.EventuallyAsync(() => Task.FromResult(Group.Effects.Any(effect => effect.Silo == $"silo{third.Id}")), "the new one runs jobs");
        await SiloGroup.AllSucceedAsync(c, jobs);
        var again = Group.Effects.GroupBy(effect => effect.Job).Count(runs => runs.Count() > 1);
        Assert.InRange(again, 0, lost);
    }

    [PostgresTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Objects_count_each_acknowledged_step_once_while_a_silo_goes(bool isKilled)
    {
        var started = await Group.StartAsync("a", "b");
        var (a, b) = (started[0].Http, started[1].Http);
        await SiloGroup.SeesAsync(a, "a", "b");
        await SiloGroup.SeesAsync(b, "a", "b");
        var (acknowledged, unknown) = (new ConcurrentQueue<(string Key, long Value)>(), 0);
        var steps = Enumerable.Range(0, 100).Select(n => Task.Run(async () =>
        {
            if (await StepAsync(isKilled || n % 2 == 0 ? a : b, $"k{n % 4}") is { } value)
                acknowledged.Enqueue(($"k{n % 4}", value));
            else
                Interlocked.Increment(ref unknown);
        })).ToList();
        await SiloGroup.EventuallyAsync(() => Task.FromResult(acknowledged.Count >= 10), "some are counted");
        if (isKilled)
            await started[1].Silo.KillAsync();
        else
            (await a.AskAsync("POST", "/v1/silos/b/drain")).Is(202);
        await Task.WhenAll(steps);
        for (var n = 0; n < 8; n++)
        {
            if (await StepAsync(a, $"k{n % 4}") is { } value)
                acknowledged.Enqueue(($"k{n % 4}", value));
        }

        // No two acknowledged steps gave the same value, and each is in the sum.
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        foreach (var of in acknowledged.GroupBy(step => step.Key))
        {
            var now = 0L;
            // The killed silo's objects have another home within seconds.
            await SiloGroup.EventuallyAsync(async () => await ValueAsync(a, of.Key) is { } value && (now = value) >= 0, "it can be read");
            Assert.InRange(now, of.Count(), of.Count() + unknown);
            Assert.Equal(now, Math.Max(now, of.Max(step => step.Value)));
        }

        if (!isKilled)
            Assert.Equal(0, unknown);
    }

    private static async Task<long?> ValueAsync(HttpClient http, string key) =>
        await http.AskAsync("POST", $"/v1/objects/counter/{key}/value") is { Status: 200 } answer ? answer.Json.GetInt64() : null;

    /// <summary>Two silos that run jobs of 200 ms from queues of either.</summary>
    private async Task<((SiloProcess Silo, HttpClient Http)[] Started, Dictionary<string, string> Queues, List<string> Jobs)> StartTwoAtWorkAsync()
    {
        var started = await Group.StartAsync("a", "b");
        var a = started[0].Http;
        await SiloGroup.SeesAsync(a, "a", "b");
        await SiloGroup.SeesAsync(started[1].Http, "a", "b");
        var queues = await Group.QueuesOfAsync(a);
        var jobs = new List<string>();
        foreach (var queue in queues.Values)
            jobs.AddRange(await SiloGroup.SubmitEffectsAsync(a, queue, 30, 200));
        await SiloGroup.EventuallyAsync(() => Task.FromResult(Group.Effects.Select(effect => effect.Silo).Distinct().Count() == 2), "both run jobs");
        return (started, queues, jobs);
    }

    /// <returns>The new value; null when it is not known whether it counted.</returns>
    private static async Task<long?> StepAsync(HttpClient http, string key)
    {
        while (true)
        {
            var answer = await http.AskAsync("POST", $"/v1/objects/counter/{key}/add", Encoding.UTF8.GetBytes("{}"), "application/json");
            if (answer.Status == 200)
                return answer.Json.GetInt64();
            Assert.Contains(answer.Status, new[] { 409, 503 });
            if (answer.Text.Contains("not known", StringComparison.Ordinal))
                return null;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static async Task<Answer> CallUntilAsync(HttpClient http, string wanted)
    {
        Answer answer = null!;
        await SiloGroup.EventuallyAsync(async () => (answer = (await http.CallAsync("where", "")).Is(200)).Text == wanted, "calls go elsewhere");
        return answer;
    }
}
