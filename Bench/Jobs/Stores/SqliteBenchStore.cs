using Hearth.Storage;
using Hearth.Storage.Sqlite;

namespace Hearth.Bench.Jobs;

/// <summary>The embedded store: a file in a folder of its own.</summary>
internal sealed class SqliteBenchStore : BenchStore
{
    private TempFolder folder = new();

    public override string Name => "sqlite";

    public override string[] SiloArguments => ["--data", folder["data"]];

    public override int[] FloorConnections => [1];

    private string File => Path.Combine(folder["data"], "hearth.db");

    public override StoreCounters CountersOf(IJobStore store) => ((SqliteJobStore)store).Counters;

    public override Task ResetAsync()
    {
        folder.Dispose();
        folder = new TempFolder();
        return Task.CompletedTask;
    }

    public override Task<(long Jobs, long Ends)> CountAsync()
    {
        using var session = SqliteSession.Open(File, TimeSpan.FromSeconds(5));
        return Task.FromResult((Count("job"), Count("job_end")));

        long Count(string table)
        {
            using var row = session.Prepare($"SELECT count(*) FROM {table}");
            row.Read();
            return row.Long(0);
        }
    }

    /// <summary>The tables are those that the shipped migrations make.</summary>
    public static async Task<ISubject> OpenFloorAsync(string data, Tally tally)
    {
        var file = Path.Combine(data, "hearth.db");
        Directory.CreateDirectory(data);
        await SqliteDatabase.Open(file).DisposeAsync();
        return new Floor(tally, [new SqliteFloorWriter(file)]);
    }

    public override Task<ISubject> OpenFloorAsync(Tally tally, int connections) => OpenFloorAsync(folder["data"], tally);

    public override Task<BenchStore> OpenAnotherAsync() => Task.FromResult<BenchStore>(new SqliteBenchStore());

    public override async Task FillEndedAsync(int jobs)
    {
        var filler = new EndedJobs(jobs);
        await using (var writer = new SqliteFloorWriter(File, EndedJobs.Queue))
        {
            foreach (var batch in filler.Batches(writer.Shard))
                await writer.WriteAsync(batch);
        }

        await using var database = SqliteDatabase.Open(File);
        await filler.CheckpointAsync(new SqliteJobStore(database, TimeProvider.System));
    }

    public override ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
