using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>
/// Hearth, other job queues and bare programs, phase by phase, taking turns on empty stores of one PostgreSQL server, SQLite and Redis. A peer that
/// fails or cannot be verified has no figure; if Hearth does, the run ends.
/// </summary>
internal static class PeerBench
{
    private const int Rounds = 3;
    private const int QuickShare = 5;
    private static readonly string[] ShownPhases = ["A", "A-http", "B", "C", "D", "E", "call", "grain"];

    public static async Task<int> RunAsync(string[] args)
    {
        if (PeerOptions.Parse(args) is not { } options)
        {
            System.Console.Error.WriteLine(PeerOptions.Help);
            return 2;
        }

        var started = Stopwatch.GetTimestamp();
        var machine = ReadMachine();
        var peers = Peer.All.Where(peer => options.Has(peer.Name)).ToArray();
        var programs = await PeerPrograms.PrepareAsync(peers);
        await using var postgres = await PostgresBenchStore.OpenAsync(null);
        await using var sqlite = new SqliteBenchStore();
        var peerLanes = new PeerLanes(postgres, programs);
        var lanes = LanesOf(options, postgres, sqlite).Concat(peers.Where(programs.CanRun).SelectMany(peerLanes.Of))
            .Where(lane => options.Has(lane.Subject) && PeerPrograms.CanRun(lane)).ToArray();
        var figures = new List<Figure>();
        foreach (var phase in ShownPhases.Where(options.Phases.Contains))
            figures.AddRange(await MeasureAsync([.. lanes.Where(lane => lane.Phase == phase)], options));

        var versions = new SortedDictionary<string, string>(peerLanes.Versions, StringComparer.Ordinal)
        {
            [".NET"] = Environment.Version.ToString(), ["PostgreSQL"] = await postgres.VersionAsync(),
        };
        if (peers.Any(peer => peer.Script is not null) && programs.NodeVersion is { } node)
            versions["Node"] = node;
        if (programs.RedisVersion is { } redis)
            versions["Redis"] = redis;
        await WriteAsync(options, new PeerReport(
            DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), options.IsQuick, Stopwatch.GetElapsedTime(started).TotalMinutes, machine,
            versions, programs.Missing, [.. figures.OrderBy(figure => Array.FindIndex(lanes, lane => lane.Subject == figure.Subject))]));
        return 0;
    }

    private static IEnumerable<Lane> LanesOf(PeerOptions options, PostgresBenchStore postgres, SqliteBenchStore sqlite)
    {
        var seconds = options.IsQuick ? 2 : 4;
        return HearthLanes.On(postgres, PeerReport.Hearth, seconds)
            .Concat(HearthLanes.On(sqlite, "Hearth on SQLite", seconds))
            .Concat(HearthLanes.FloorOn(postgres, seconds))
            .Concat(References.On(postgres, seconds))
            .Concat(HearthLanes.Calls(seconds));
    }

    /// <summary>All subjects of one phase, in turns.</summary>
    private static async Task<IEnumerable<Figure>> MeasureAsync(Lane[] lanes, PeerOptions options)
    {
        var entries = new List<Entry>();
        foreach (var lane in lanes)
        {
            var entry = new Entry(lane, options.Jobs ?? (options.IsQuick ? lane.Jobs / QuickShare : lane.Jobs));
            entries.Add(entry);
            await entry.TryAsync(async () => entry.Variant = await (lane with { Jobs = entry.Jobs }).ChooseAsync(options.IsQuick));
        }

        for (var round = 0; round < (options.IsQuick || lanes is [{ Phase: "E" }, ..] ? 1 : Rounds); round++)
        {
            foreach (var entry in entries.Where(entry => entry.Failure is null))
                await entry.TryAsync(async () => entry.Add(await entry.Variant!.MeasureAsync(entry.Jobs)));
        }

        return entries.Select(entry => entry.ToFigure());
    }

    /// <summary>A part of a run replaces no figures.</summary>
    private static async Task WriteAsync(PeerOptions options, PeerReport report)
    {
        var tables = PeerTables.Of(report);
        System.Console.WriteLine(tables);
        var isWhole = options.Jobs is null && options.Subjects is null && options.Phases.Count == ShownPhases.Length;
        if (options.Output is null && !isWhole)
            return;
        var folder = options.Output ?? Path.Combine(PeerPrograms.Source, "..", "docs", "performance");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "peers.json"), report.ToJson() + "\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "peers.svg"), PeerChart.Of(report));
        var document = Path.Combine(folder, "peers.md");
        if (File.Exists(document))
            await File.WriteAllTextAsync(document, Section.Replace(await File.ReadAllTextAsync(document), tables));
        System.Console.WriteLine($"Written to {Path.GetFullPath(folder)}.");
    }

    private static Machine ReadMachine()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[1];
        var load = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return new Machine(processor ?? "unknown processor", Environment.ProcessorCount, memory, RuntimeInformation.OSDescription, load);
    }

    /// <summary>A lane under way.</summary>
    private sealed class Entry(Lane lane, int jobs)
    {
        private readonly List<Sample> samples = [];

        public int Jobs => jobs;

        public Variant? Variant { get; set; }

        public string? Failure { get; private set; }

        public void Add(Sample sample)
        {
            samples.Add(sample);
            Note(sample.Started is { } started
                ? string.Create(CultureInfo.InvariantCulture, $"started p50 {started.P50:0.00}, p99 {started.P99:0.00} ms")
                : string.Create(CultureInfo.InvariantCulture, $"{sample.Rate:#,0}/s"));
        }

        public async Task TryAsync(Func<Task> step)
        {
            try
            {
                await step();
            }
            catch (InvalidOperationException e) when (lane.Role != Role.Hearth)
            {
                Failure = e.Message.Split('\n')[0];
                Note(Failure);
            }
        }

        /// <summary>What failed in one round counts in none.</summary>
        public Figure ToFigure() => new(lane.Phase, lane.Subject, lane.Role, Variant?.Settings ?? "", jobs, Failure is null ? samples : [], Failure);

        private void Note(string text) => System.Console.Error.WriteLine($"{lane.Phase} {lane.Subject} {Variant?.Settings}: {text}");
    }
}
