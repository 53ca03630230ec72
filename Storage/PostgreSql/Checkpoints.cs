using Hearth.Jobs;

namespace Hearth.Storage.PostgreSql;

/// <summary>
/// Writes checkpoints: first the ids, in parts that mean nothing by themselves, then the shard's row, which makes them the shard's
/// checkpoint if the epoch still is the owner's.
/// </summary>
internal sealed class Checkpoints(PostgreSqlDatabase database)
{
    /// <summary>Ids in a part: 64 KiB.</summary>
    public const int PartIdsMax = 4_096;

    public async Task<WriteOutcome> WriteAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var (number, parts) = await WritePartsAsync(checkpoint, cancellationToken);
        var completed = await database.ExecuteAsync(
            SqlText.CheckpointComplete,
            [
                Bind.Of(checkpoint.Shard), Bind.Of(checkpoint.Epoch), Bind.Of(number), Bind.Of(checkpoint.UpTo), Bind.Of(checkpoint.InboxPosition),
                Bind.Of(parts),
            ],
            cancellationToken);
        if (completed == 0)
            return WriteOutcome.Refused;
        await database.ExecuteAsync(SqlText.CheckpointForget, [Bind.Of(checkpoint.Shard), Bind.Of(number)], cancellationToken);
        return WriteOutcome.Written;
    }

    /// <summary>The ids, of which nobody knows yet.</summary>
    internal async Task<(Guid Number, int Parts)> WritePartsAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var number = Guid.CreateVersion7(database.Clock.Now);
        var part = 0;
        for (var rest = checkpoint.Open; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, PartIdsMax)..])
        {
            var ids = Pack(rest.Span[..Math.Min(rest.Length, PartIdsMax)]);
            await database.ExecuteAsync(
                SqlText.CheckpointPart,
                [
                    Bind.Of(checkpoint.Shard), Bind.Of(number), Bind.Of(part), Bind.Of(ids),
                    Bind.Of(RowChecksum.OfCheckpoint(checkpoint.UpTo, part, ids)),
                ],
                cancellationToken);
            part++;
        }

        return (number, part);
    }

    private static byte[] Pack(ReadOnlySpan<JobId> ids)
    {
        var packed = new byte[ids.Length * 16];
        for (var i = 0; i < ids.Length; i++)
            ids[i].Write(packed.AsSpan(i * 16));
        return packed;
    }
}
