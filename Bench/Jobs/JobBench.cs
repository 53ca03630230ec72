using System.Globalization;

namespace Hearth.Bench.Jobs;

/// <summary>
/// Phases A to E on each store, Hearth and the floor taking turns on empty stores in one process that has warmed up: only the ratios count.
/// </summary>
internal static class JobBench
{
    private const int Rounds = 3;
    public const string Hearth = "Hearth";


    public static async Task<int> RunAsync(string[] args)
    {
        if (JobBenchOptions.Parse(args) is not { } options)
        {
            System.Console.Error.WriteLine(JobBenchOptions.Help);
            return 2;
        }

        var report = new JobReport();
        foreach (var name in options.Stores)
        {
            await using var store = await OpenAsync(name, options.Postgres);
            foreach (var phase in Phase.All.Where(phase => options.Phases.Contains(phase.Letter)))
                report.Add($"{phase.Letter} {phase.Title}", await MeasureAsync(store, phase, options));
            if (options.Phases.Contains(HttpSubmits.Letter) && store.FloorConnections.Length > 0)
                report.Add("A over HTTP, 64 connections", await MeasureHttpAsync(store, options));
            report.Print(store.Name);
            if (options.ShowsTypes)
                await PrintTypesAsync(store, options);
        }

        if (options.Json is { } file)
            await report.WriteAsync(file);
        return 0;
    }

    public static async Task<BenchStore> OpenAsync(string name, string? postgres) => name switch
    {
        "memory" => new MemoryBenchStore(),
        "sqlite" => new SqliteBenchStore(),
        "postgres" => await PostgresBenchStore.OpenAsync(postgres),
        _ => throw new ArgumentException($"There is no store {name}.", nameof(name)),
    };

    private static async Task PrintTypesAsync(BenchStore store, JobBenchOptions options)
    {
        using var types = new AllocatedTypes();
        foreach (var phase in Phase.All.Where(phase => options.Phases.Contains(phase.Letter)))
        {
            types.Clear();
            await HearthAsync(store, phase, options, options.Jobs ?? phase.JobsOf(options.IsQuick));
            System.Console.WriteLine($"\n{phase.Letter} allocates");
            foreach (var (type, share) in types.Top(15))
                System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share:0.0%} {type}"));
        }
    }

    private static Task<Measurement> HearthAsync(BenchStore store, Phase phase, JobBenchOptions options, int jobs) =>
        phase.MeasureAsync(store, Hearth, jobs, async tally => await HearthSubject.StartAsync(store, tally, options.Queues));

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(BenchStore store, Phase phase, JobBenchOptions options)
    {
        var jobs = options.Jobs ?? phase.JobsOf(options.IsQuick);
        var few = phase is Pace ? jobs / 10 : jobs / 5;
        // Not counted: compiles the code, and finds out how many connections suit the floor.
        await HearthAsync(store, phase, options, few);
        var tried = new List<Measurement>();
        foreach (var connections in options.HasFloor ? store.FloorConnections : [])
            tried.Add(await FloorAsync(connections, few));
        int[] floors = tried.Count == 0
            ? []
            : [.. new[] { store.WritersOf(options.Queues), Connections(tried.MaxBy(m => m.Rate)!) }.Distinct()];

        var measured = new List<Measurement>();
        var rounds = options.IsQuick || phase is Pace ? 1 : Rounds;
        for (var round = 0; round < rounds; round++)
        {
            measured.Add(await HearthAsync(store, phase, options, jobs));
            foreach (var connections in floors)
                measured.Add(await FloorAsync(connections, jobs));
        }

        return measured;

        Task<Measurement> FloorAsync(int connections, int count) =>
            phase.MeasureAsync(store, $"floor {connections}", count, tally => store.OpenFloorAsync(tally, connections));
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureHttpAsync(BenchStore store, JobBenchOptions options)
    {
        var measured = new List<Measurement>();
        for (var round = 0; round < (options.IsQuick ? 1 : Rounds); round++)
        {
            measured.Add(await HttpSubmits.HearthAsync(store, options.IsQuick ? 3 : 8));
            if (options.HasFloor)
                measured.Add(await HttpSubmits.FloorAsync(store, store.WritersOf(options.Queues), options.IsQuick ? 3 : 8));
        }

        return measured;
    }

    private static int Connections(Measurement floor) => int.Parse(floor.Subject.Split(' ')[1], CultureInfo.InvariantCulture);
}
