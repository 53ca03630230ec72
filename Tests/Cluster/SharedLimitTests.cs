using System.Diagnostics;
using System.Text;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Jobs.Limits;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Limits of a queue whose shards are on two silos, one of which is killed, counted by the functions themselves.</summary>
public sealed class SharedLimitTests : SiloGroupTests
{
    private const int Jobs = 120;
    private const int AtOnce = 5;

    /// <param name="isKeeper">Whether the silo that is killed keeps the books.</param>
    [PostgresTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_two_silos_and_a_kill_no_window_has_more_starts_and_no_more_run_than_may(bool isKeeper)
    {
        var started = await Group.StartAsync("a", "b");
        await SiloGroup.SeesAsync(started[0].Http, "a", "b");
        await SiloGroup.SeesAsync(started[1].Http, "a", "b");
        (await started[0].Http.AskAsync("PUT", "/v1/queues/wide", Encoding.UTF8.GetBytes(
            $$"""{"shards":4,"limits":{"rates":[{"starts":30,"per":"5s"},{"starts":100,"per":"15s"}],"concurrency":{{AtOnce}}} }"""), "application/json")).Is(201);
        var keeper = await HomeAsync(started[0].Http, ShardKey.Of("wide", n: 1));
        var (killed, left) = (keeper == "a") == isKeeper ? (started[0], started[1]) : (started[1], started[0]);
        var jobs = new List<string>();
        for (var n = 0; n < Jobs; n++)
            jobs.AddRange(await SubmitAsync(left.Http, n));
        await SiloGroup.EventuallyAsync(() => Task.FromResult(Group.Effects.Count > 40), "some have run");
        await killed.Silo.KillAsync();
        var died = Stopwatch.GetTimestamp();
        foreach (var job in jobs)
            Assert.Equal("succeeded", await left.Http.BecomesEndedAsync(job));

        var effects = Group.Effects;
        Assert.True(effects.Select(effect => effect.Silo).Distinct().Count() == 2, "Both have run jobs.");
        Assert.Equal(Jobs, effects.Select(effect => effect.Job).Distinct().Count());
        Assert.All(effects, at => Assert.InRange(effects.Count(run => run.Start <= at.Start && (run.End ?? died) > at.Start), 1, AtOnce));
        // A run begins a moment after its start.
        long[] starts = [.. effects.Select(effect => Stopwatch.GetElapsedTime(0, effect.Start).Ticks)];
        RateTests.AssertWithin(new RateLimit(30, TimeSpan.FromSeconds(4)), starts);
        RateTests.AssertWithin(new RateLimit(100, TimeSpan.FromSeconds(14)), starts);
    }

    private static async Task<string> HomeAsync(HttpClient http, string shard)
    {
        var silos = (await http.FetchAsync("/v1/silos")).Is(200).Json.GetProperty("silos").EnumerateArray()
            .ToDictionary(silo => silo.GetProperty("id").GetString()!, silo => silo.GetProperty("name").GetString()!);
        return silos[Rendezvous.Pick(shard, silos.Keys)!];
    }

    private static async Task<string[]> SubmitAsync(HttpClient http, int n) => [(await http.PostJobsAsync(
        "wide", $$"""{"function":"effect","input":{"key":"wide-{{n}}","milliseconds":100} }""")).Is(202).Json.GetProperty("job").GetString()!];
}
