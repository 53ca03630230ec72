using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

public sealed class SqliteJobStoreTests : JobStoreContract
{
    protected override Task<StoredJobs> NewAsync() => Task.FromResult<StoredJobs>(new SqliteJobs());
}

/// <summary>A file in a folder of its own.</summary>
internal sealed class SqliteJobs : StoredJobs
{
    private readonly ManualTimeProvider clock = new();
    private readonly TempFolder folder = new();
    private SqliteDatabase? database;

    public override async Task<IJobStore> OpenAsync()
    {
        await CloseAsync();
        database = SqliteDatabase.Open(folder["jobs.db"]);
        return new SqliteJobStore(database, clock);
    }

    public override async Task<ShardClaim> ClaimAsStrangerAsync(string shard)
    {
        await using var stranger = SqliteDatabase.Open(folder["jobs.db"]);
        return await new SqliteJobStore(stranger, clock).ClaimAsync(shard, "stranger", isPlanned: false, CancellationToken.None);
    }

    public override Task DamageInputAsync(JobId id) => DamageAsync("UPDATE job SET input = x'00' || substr(input, 2) WHERE id = ?", id);

    public override Task DamageResultAsync(JobId id) => DamageAsync("UPDATE job_end SET result = x'00' || substr(result, 2) WHERE id = ?", id);

    public override Task DamageCheckpointAsync(int shard) => database!.WriteAsync(transaction =>
    {
        transaction.Session.Prepare("UPDATE shard_checkpoint SET open = substr(open, 17) WHERE shard = ? AND chunk = 2").Bind(1, shard).Run();
        return transaction.Session.Changes == 1 ? true : throw new InvalidOperationException("There is no such part.");
    });

    public override Task WritePartOfCheckpointAsync(ShardCheckpoint checkpoint) => database!.WriteAsync(transaction =>
    {
        var chunks = SqliteCheckpoint.ChunksOf(checkpoint.Open.Length);
        var begun = new SqliteCheckpoint(
            checkpoint.Shard, SqliteCheckpoint.NextNumber(transaction.Session, checkpoint.Shard), chunks, checkpoint.UpTo, checkpoint.InboxPosition);
        for (var chunk = 1; chunk < chunks; chunk++)
            begun.WriteChunk(transaction.Session, chunk, checkpoint.Open.Span.Slice((chunk - 1) * SqliteCheckpoint.ChunkMax, SqliteCheckpoint.ChunkMax));
        return chunks > 1 ? true : throw new InvalidOperationException("There is but one part.");
    });

    public override async Task PassAsync(TimeSpan time)
    {
        clock.Advance(time);
        await Task.Yield();
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        folder.Dispose();
    }

    private Task DamageAsync(string sql, JobId id) => database!.WriteAsync(transaction =>
    {
        transaction.Session.Prepare(sql).Bind(1, id).Run();
        return transaction.Session.Changes == 1 ? true : throw new InvalidOperationException("There is no such row.");
    });

    private async ValueTask CloseAsync()
    {
        if (database is not null)
            await database.DisposeAsync();
    }
}
