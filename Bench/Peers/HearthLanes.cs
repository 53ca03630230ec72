using System.Globalization;
using Hearth.Bench.Engine;
using Hearth.Bench.Http;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>Hearth's own lanes and the bare programs beside them.</summary>
internal static class HearthLanes
{
    private const string Floor = "a bare program on Hearth's tables";

    public static IEnumerable<Lane> On(BenchStore store, string subject, int seconds)
    {
        foreach (var phase in Phase.All)
        {
            yield return new Lane(phase.Letter, subject, Role.Hearth, phase.JobsOf(isQuick: false), [new("", jobs => HearthAsync(store, phase, jobs))])
            {
                NeedsWarmUp = true,
            };
        }

        yield return new Lane(HttpSubmits.Letter, subject, Role.Hearth, 0, [new("", async _ => Of(await HttpSubmits.HearthAsync(store, seconds)))]);
    }

    /// <summary>On as many connections as suit it best.</summary>
    public static IEnumerable<Lane> FloorOn(BenchStore store, int seconds)
    {
        int[] connections = [.. store.FloorConnections.OrderDescending().Skip(1), store.FloorConnections.Max()];
        foreach (var phase in Phase.All.Where(phase => phase is not Pace))
        {
            yield return new Lane(
                phase.Letter, Floor, Role.Reference, phase.JobsOf(isQuick: false),
                [.. connections.Select(count => new Variant(Text($"{count} connections"), jobs => FloorAsync(store, phase, count, jobs)))])
            {
                NeedsWarmUp = true,
            };
        }

        yield return new Lane(
            HttpSubmits.Letter, Floor, Role.Reference, 0, [new("4 connections", async _ => Of(await HttpSubmits.FloorAsync(store, 4, seconds)))]);
    }

    /// <summary>What stores nothing: calls over HTTP, and those between grains in one process.</summary>
    public static IEnumerable<Lane> Calls(int seconds) =>
    [
        new("call", PeerReport.HearthAlone, Role.Hearth, 0, [new("", _ => CallsAsync(isBare: false, seconds))]),
        new("call", "bare ASP.NET Core minimal API", Role.Reference, 0, [new("", _ => CallsAsync(isBare: true, seconds))]),
        new("grain", "Hearth, local grain calls", Role.Hearth, 0, [new("", async _ => new Sample(await GrainCallBench.MeasureAsync()))]),
    ];

    private static async Task<Sample> HearthAsync(BenchStore store, Phase phase, int jobs) =>
        Of(await phase.MeasureAsync(store, JobBench.Hearth, jobs, async tally => await HearthSubject.StartAsync(store, tally, queues: 1)));

    private static async Task<Sample> FloorAsync(BenchStore store, Phase phase, int connections, int jobs) =>
        Of(await phase.MeasureAsync(store, Floor, jobs, tally => store.OpenFloorAsync(tally, connections)));

    private static async Task<Sample> CallsAsync(bool isBare, int seconds)
    {
        var result = await CallBench.MeasureAsync(isBare, seconds);
        return new Sample(result.Rate, new Latencies(result.P50, result.P99, null));
    }

    private static Sample Of(Measurement measured) => new(measured.Rate, measured.Acknowledged, measured.Started);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
