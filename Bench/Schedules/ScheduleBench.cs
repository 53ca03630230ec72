using System.Diagnostics;
using System.Globalization;
using Hearth.Bench.Jobs;
using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Bench.Schedules;

/// <summary>What schedules cost a silo: none of them, many that are not due, and some of them due each second.</summary>
internal static class ScheduleBench
{
    public const string Help =
        """
        schedules [--count 1000000] [--due 100] [--seconds 60] [--postgres CONNECTION]
                           memory and processor time of a silo with no schedules, with so many that are not due, and with so many more due each second;
                           on SQLite, or on an empty database of PostgreSQL (CONNECTION), which is filled
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var (count, due, seconds, postgres) = (1_000_000, 100, 60, (string?)null);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--count": count = Number(args[i + 1]); break;
                case "--due": due = Number(args[i + 1]); break;
                case "--seconds": seconds = Number(args[i + 1]); break;
                case "--postgres": postgres = args[i + 1]; break;
                default: System.Console.Error.WriteLine(Help); return 2;
            }
        }

        using var folder = new TempFolder();
        string[] silo = ["--port", "0", "--data", folder["data"], "--functions", folder["functions"], .. postgres is null ? Array.Empty<string>() : ["--database", postgres]];
        System.Console.WriteLine($"| schedules | resident, MB | processor time, % of one core, over {seconds} s | runs of one that is due |\n|---|---|---|---|");
        await MeasureAsync("none", silo, seconds, folder["data"], postgres);
        await FillAsync(folder["data"], postgres, "idle", count, new ScheduleTiming("H H 1 1 *"));
        await MeasureAsync(string.Create(CultureInfo.InvariantCulture, $"{count:#,0}, none due"), silo, seconds, folder["data"], postgres);
        await FillAsync(folder["data"], postgres, "due", due, new ScheduleTiming(Every: TimeSpan.FromSeconds(1)));
        await MeasureAsync(string.Create(CultureInfo.InvariantCulture, $"{count:#,0}, and {due:#,0} due each second"), silo, seconds, folder["data"], postgres);
        return 0;
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static async Task MeasureAsync(string title, string[] arguments, int seconds, string data, string? postgres)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(HearthApplication).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        try
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("Ready", StringComparison.Ordinal))
            {
            }

            // What a start costs is not the measurement's.
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
            process.Refresh();
            var (cpu, since) = (process.TotalProcessorTime, TimeProvider.System.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
            process.Refresh();
            var share = (process.TotalProcessorTime - cpu) / TimeProvider.System.GetElapsedTime(since);
            var resident = process.WorkingSet64 / 1e6;
            process.Kill();
            await process.WaitForExitAsync();
            var runs = await RunsAsync(data, postgres);
            System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {title} | {resident:0} | {share * 100:0.0} | {runs:#,0} |"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static Task FillAsync(string data, string? postgres, string prefix, int count, ScheduleTiming timing) => UseAsync(data, postgres, async store =>
    {
        var definition = Schedule.Write(new ScheduleDefinition(timing, "default", JobSpec.Of("echo", 1)) { Overlap = OverlapPolicy.Allow });
        var state = new ScheduleState { CreatedAt = store.Now, UpdatedAt = store.Now, Tick = store.Now };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, token) =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}");
            var table = Timetable.Create(name, timing).Table!;
            await store.CreateAsync(
                new ScheduleRow(Guid.NewGuid(), name, ScheduleRunner.SlotOf(name), 1, 1, definition, state.Write(), ScheduleTurn.NextAt(table, state, store.Now)), token);
        });
        return count;
    });

    private static Task<int> RunsAsync(string data, string? postgres) => UseAsync(data, postgres, async store =>
        await store.FindAsync("due-0", CancellationToken.None) is { } due ? (await store.RunsAsync(due.Id, null, 10_000, CancellationToken.None)).Count : 0);

    private static async Task<int> UseAsync(string data, string? postgres, Func<IScheduleStore, Task<int>> use)
    {
        if (postgres is not null)
        {
            await using var server = await PostgreSqlDatabase.OpenAsync(
                postgres, TimeProvider.System, NullLogger.Instance, PostgreSqlOptions.Default with { Owner = "bench", AllowUnsafe = true });
            return await use(new PostgreSqlScheduleStore(server));
        }

        using var folder = DataFolder.Take(data);
        await using var database = SqliteDatabase.Open(folder.Database);
        return await use(new SqliteScheduleStore(database, new SqliteJobStore(database, TimeProvider.System), TimeProvider.System));
    }
}
