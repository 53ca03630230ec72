using System.Runtime.CompilerServices;
using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Checkpoints, and what a new owner finds.</summary>
public sealed partial class SqliteJobStore
{
    private const int RecoveredAtOnceMax = 4_096;

    public async Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var chunks = SqliteCheckpoint.ChunksOf(checkpoint.Open.Length);
        SqliteCheckpoint? begun = null;
        for (var chunk = 1; chunk <= chunks; chunk++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var number = chunk;
            begun = await OwnedAsync(checkpoint.Shard, checkpoint.Epoch, session =>
            {
                var written = begun ?? new SqliteCheckpoint(
                    checkpoint.Shard, SqliteCheckpoint.NextNumber(session, checkpoint.Shard), chunks, checkpoint.UpTo, checkpoint.InboxPosition);
                var ids = checkpoint.Open.Span[((number - 1) * SqliteCheckpoint.ChunkMax)..];
                written.WriteChunk(session, number, ids[..Math.Min(SqliteCheckpoint.ChunkMax, ids.Length)]);
                return written;
            });
            if (begun is null)
                return WriteOutcome.Refused;
        }

        while (await OwnedAsync(checkpoint.Shard, checkpoint.Epoch, session => begun!.ForgetFormer(session) ? begun : null) is not null)
            cancellationToken.ThrowIfCancellationRequested();
        return WriteOutcome.Written;
    }

    public async IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(
        ShardClaim claim, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new NameTable();
        var checkpoint = await database.ReadAsync(session => Whole(session, SqliteCheckpoint.Last(session, claim.Number)), cancellationToken);
        if (checkpoint is not null)
        {
            // Those that the checkpoint lists, less those that have ended since.
            var ofInbox = await database.ReadAsync(session => StoredFromInbox(session, checkpoint), cancellationToken);
            for (var chunk = 1; chunk <= checkpoint.Chunks; chunk++)
            {
                var number = chunk;
                var listed = await database.ReadAsync(session => checkpoint.ReadChunk(session, number), cancellationToken)
                    ?? throw new StoreUnavailableException("The checkpoint was replaced while it was read: the shard has another owner.");
                ofInbox.ExceptWith(listed);
                yield return await database.ReadAsync(session => OpenOf(session, listed, names), cancellationToken);
            }

            if (ofInbox.Count > 0)
                yield return await database.ReadAsync(session => OpenOf(session, ofInbox, names), cancellationToken);
        }

        // Those after it, less those that have ended.
        JobId? from = checkpoint?.UpTo ?? default;
        while (from is { } after)
        {
            var (open, next) = await database.ReadAsync(session => OpenBetween(session, claim, after, names), cancellationToken);
            if (open.Count > 0)
                yield return open;
            from = next;
        }
    }

    /// <summary>Runs statements if the epoch is still the shard's; null if not.</summary>
    private Task<T?> OwnedAsync<T>(int shard, long epoch, Func<SqliteSession, T?> statements)
        where T : class => database.WriteAsync(transaction =>
        transaction.EpochOf(shard) == epoch ? statements(transaction.Session) : null);

    private static SqliteCheckpoint? Whole(SqliteSession session, SqliteCheckpoint? checkpoint) =>
        checkpoint is not null && Enumerable.Range(1, checkpoint.Chunks).All(chunk => checkpoint.ReadChunk(session, chunk) is not null)
            ? checkpoint
            : null;

    /// <summary>Jobs below the checkpoint's last id that came from the inbox after it.</summary>
    private static HashSet<JobId> StoredFromInbox(SqliteSession session, SqliteCheckpoint checkpoint)
    {
        var ids = new HashSet<JobId>();
        using var row = session.Prepare("SELECT id FROM inbox WHERE shard = ? AND position > ? AND id <= ?")
            .Bind(1, checkpoint.Shard).Bind(2, checkpoint.InboxPosition).Bind(3, checkpoint.UpTo);
        while (row.Read())
            ids.Add(row.Id(0));
        return ids;
    }

    private static List<OpenJob> OpenOf(SqliteSession session, IReadOnlyCollection<JobId> ids, NameTable names)
    {
        var open = new List<OpenJob>(ids.Count);
        var row = session.Prepare(
            """
            SELECT id, function, priority, due_at, expires_at, 0, options FROM job j
            WHERE shard = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM job_end e WHERE e.shard = ?1 AND e.id = ?2)
            """);
        foreach (var id in ids)
        {
            using (row.Bind(1, id.Shard).Bind(2, id))
            {
                if (row.Read())
                    open.Add(ReadOpen(session, row, names));
            }
        }

        return open;
    }

    /// <summary>Looks at some jobs after an id, and tells which is the last of them; null: there are no more.</summary>
    private static (List<OpenJob> Open, JobId? Last) OpenBetween(SqliteSession session, ShardClaim claim, JobId after, NameTable names)
    {
        var open = new List<OpenJob>();
        var looked = 0;
        var last = after;
        using var row = session.Prepare(
            """
            SELECT j.id, j.function, j.priority, j.due_at, j.expires_at, e.state, j.options FROM job j LEFT JOIN job_end e ON e.shard = j.shard AND e.id = j.id
            WHERE j.shard = ? AND j.id > ? AND j.id <= ? ORDER BY j.id LIMIT ?
            """)
            .Bind(1, claim.Number).Bind(2, after).Bind(3, claim.LastId).Bind(4, RecoveredAtOnceMax);
        while (row.Read())
        {
            looked++;
            last = row.Id(0);
            if (row.IsNull(5))
                open.Add(ReadOpen(session, row, names));
        }

        return (open, looked < RecoveredAtOnceMax ? null : last);
    }

    private static OpenJob ReadOpen(SqliteSession session, SqliteStatement row, NameTable names)
    {
        var id = row.Id(0);
        var key = StoredOptions.KeyOf(row.Bytes(6));
        return SqliteJobSql.Tally(session, id).Open(id, names[row.Utf8(1)], (byte)row.Int(2), row.TimeOrNull(3), row.TimeOrNull(4), key);
    }

    /// <summary>One text object for each name.</summary>
    private sealed class NameTable
    {
        private readonly HashSet<string> names = [];

        public string this[ReadOnlySpan<byte> utf8]
        {
            get
            {
                Span<char> text = stackalloc char[256];
                if (utf8.Length > text.Length)
                    return Intern(System.Text.Encoding.UTF8.GetString(utf8));
                var length = System.Text.Encoding.UTF8.GetChars(utf8, text);
                return names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out var known)
                    ? known
                    : Intern(new string(text[..length]));
            }
        }

        private string Intern(string name)
        {
            if (names.TryGetValue(name, out var known))
                return known;
            names.Add(name);
            return name;
        }
    }
}
