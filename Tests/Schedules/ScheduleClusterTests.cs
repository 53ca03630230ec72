using System.Text;
using System.Text.Json;
using Hearth.Tests.Cluster;
using Hearth.Tests.Support;

namespace Hearth.Tests.Schedules;

/// <summary>Schedules of a cluster of processes on one PostgreSQL, one of which dies.</summary>
public sealed class ScheduleClusterTests
{
    private const int Schedules = 16;

    [PostgresFact]
    public async Task Every_tick_has_one_job_although_a_silo_is_killed()
    {
        await using var group = await SiloGroup.NewAsync();
        var started = await group.StartAsync("a", "b");
        var ((first, a), (_, b)) = (started[0], started[1]);
        await SiloGroup.SeesAsync(b, "a", "b");
        for (var i = 0; i < Schedules; i++)
        {
            var body = $$$"""{"every": "1s", "overlap": "allow", "catchUp": "all", "job": {"function": "effect", "input": {"key": "{{schedule}} {{tick}}", "milliseconds": 1} } }""";
            (await b.AskAsync("PUT", $"/v1/schedules/s{i}", Encoding.UTF8.GetBytes(body), "application/json")).Is(201);
        }

        await TicksAsync(b, 5);
        await first.KillAsync();
        await SiloGroup.SeesAsync(b, "b");
        await TicksAsync(b, 15);
        for (var i = 0; i < Schedules; i++)
            (await b.AskAsync("POST", $"/v1/schedules/s{i}/pause")).Is(200);

        var jobs = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Schedules; i++)
        {
            var runs = await RunsAsync(b, i);
            Assert.All(runs, run => Assert.Equal("submitted", run.GetProperty("outcome").GetString()));
            var ticks = runs.Select(run => run.GetProperty("tick").GetDateTimeOffset()).ToList();
            // None is missing, none is there twice, and each has a job of its own.
            Assert.Equal(Enumerable.Range(0, ticks.Count).Select(n => ticks[0].AddSeconds(-n)), ticks);
            Assert.All(runs, run => Assert.True(jobs.Add(run.GetProperty("job").GetString()!)));
        }

        // What ran is what was listed: no job besides.
        await SiloGroup.EventuallyAsync(() => Task.FromResult(group.Effects.Select(effect => effect.Job).Distinct().Count() >= jobs.Count), "all jobs have run");
        Assert.Equal(jobs.Order(StringComparer.Ordinal), group.Effects.Select(effect => "/v1/jobs/" + effect.Job).Distinct().Order(StringComparer.Ordinal));
    }

    private static Task TicksAsync(HttpClient http, int count) => SiloGroup.EventuallyAsync(
        async () =>
        {
            for (var i = 0; i < Schedules; i++)
            {
                if ((await RunsAsync(http, i)).Count < count)
                    return false;
            }

            return true;
        },
        $"each schedule has {count} runs");

    private static async Task<List<JsonElement>> RunsAsync(HttpClient http, int schedule) =>
        [.. (await http.FetchAsync($"/v1/schedules/s{schedule}/runs?limit=1000")).Is(200).Json.GetProperty("runs").EnumerateArray()];
}
