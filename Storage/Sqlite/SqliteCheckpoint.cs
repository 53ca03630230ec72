using System.Buffers;
using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// A checkpoint, in chunks that are committed one by one, so that a large one holds nobody up. It counts when all are there and whole; one
/// that a crash cut short, or the disk has damaged, is as if it had not been made, and recovery reads more.
/// </summary>
/// <param name="Shard">The shard's number.</param>
/// <param name="Number">1 and up.</param>
/// <param name="Chunks">How many there are; 1 and up.</param>
/// <param name="UpTo">All of the shard up to this id that are not listed have ended.</param>
/// <param name="InboxPosition">Where the inbox was read up to.</param>
internal sealed record SqliteCheckpoint(int Shard, long Number, int Chunks, JobId UpTo, long InboxPosition)
{
    /// <summary>Ids in a chunk: 64 KiB of them.</summary>
    public const int ChunkMax = 4_096;

    /// <summary>The last complete one, or null.</summary>
    public static SqliteCheckpoint? Last(SqliteSession session, int shard)
    {
        using var row = session.Prepare(
            """
            SELECT number, chunks, up_to, inbox_position FROM shard_checkpoint
            WHERE shard = ? GROUP BY number HAVING count(*) = chunks ORDER BY number DESC LIMIT 1
            """).Bind(1, shard);
        return row.Read() ? new SqliteCheckpoint(shard, row.Long(0), row.Int(1), row.Id(2), row.Long(3)) : null;
    }

    /// <summary>The number that the next one of the shard has.</summary>
    public static long NextNumber(SqliteSession session, int shard)
    {
        using var row = session.Prepare("SELECT max(number) FROM shard_checkpoint WHERE shard = ?").Bind(1, shard);
        return row.Read() ? row.Long(0) + 1 : 1;
    }

    public static int ChunksOf(int ids) => Math.Max(1, (ids + ChunkMax - 1) / ChunkMax);

    public void WriteChunk(SqliteSession session, int chunk, ReadOnlySpan<JobId> open)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(open.Length * 16);
        for (var i = 0; i < open.Length; i++)
            open[i].Write(bytes.AsSpan(i * 16, 16));
        var used = bytes.AsSpan(0, open.Length * 16);
        session.Prepare(
            """
            INSERT INTO shard_checkpoint (shard, number, chunk, chunks, up_to, inbox_position, checksum, open) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """)
            .Bind(1, Shard).Bind(2, Number).Bind(3, chunk).Bind(4, Chunks).Bind(5, UpTo).Bind(6, InboxPosition)
            .Bind(7, RowChecksum.OfCheckpoint(UpTo, chunk, used)).RunWith(8, used);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <returns>The ids, or null when the chunk is damaged or gone.</returns>
    public JobId[]? ReadChunk(SqliteSession session, int chunk)
    {
        using var row = session.Prepare("SELECT checksum, open FROM shard_checkpoint WHERE shard = ? AND number = ? AND chunk = ?")
            .Bind(1, Shard).Bind(2, Number).Bind(3, chunk);
        if (!row.Read() || RowChecksum.OfCheckpoint(UpTo, chunk, row.Bytes(1)) != row.Int(0))
            return null;
        var bytes = row.Bytes(1);
        var ids = new JobId[bytes.Length / 16];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = JobId.Read(bytes.Slice(i * 16, 16));
        return ids;
    }

    /// <summary>Forgets some of those before this one.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool ForgetFormer(SqliteSession session)
    {
        session.Prepare(
            """
            DELETE FROM shard_checkpoint WHERE (shard, number, chunk) IN
                (SELECT shard, number, chunk FROM shard_checkpoint WHERE shard = ? AND number < ? LIMIT 16)
            """).Bind(1, Shard).Bind(2, Number).Run();
        return session.Changes > 0;
    }
}
