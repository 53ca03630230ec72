using System.Collections.Concurrent;
using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Jobs on SQLite.</summary>
public sealed partial class SqliteJobStore(SqliteDatabase database, TimeProvider clock) : IJobStore
{
    private readonly ConcurrentDictionary<int, string> keys = [];
    private readonly ConcurrentDictionary<string, int> numbers = [];
    private readonly SqliteInboxBell bell = new();

    /// <summary>Owners that have to start anew; used on the writer's thread alone.</summary>
    private readonly HashSet<(int Shard, long Epoch)> doubtful = [];

    public DateTimeOffset Now => StoredTime.Truncate(clock.GetUtcNow());

    /// <summary>What was written since the database was opened.</summary>
    public StoreCounters Counters => database.Counters;

    /// <summary>There are no sessions to cut off: the only writer is in this process and waits for nobody.</summary>
    public Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken) =>
        database.WriteAsync(transaction => Claim(transaction, shard, owner)).WaitAsync(cancellationToken);

    public Task<WriteOutcome> ReleaseAsync(int shard, long epoch) => database.WriteAsync(transaction =>
    {
        if (transaction.EpochOf(shard) != epoch)
            return WriteOutcome.Refused;
        transaction.Session.Prepare("UPDATE shard SET owner = NULL WHERE number = ?").Bind(1, shard).Run();
        return WriteOutcome.Written;
    });

    public Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<ShardRow>>(
        session =>
        {
            var shards = new List<ShardRow>();
            using var row = session.Prepare("SELECT number, key, epoch, owner FROM shard ORDER BY number");
            while (row.Read())
                shards.Add(new ShardRow(row.Int(0), row.Text(1), row.Long(2), row.TextOrNull(3)));
            return shards;
        },
        cancellationToken);

    public async ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken)
    {
        if (keys.TryGetValue(shard, out var known))
            return known;
        var found = await database.ReadAsync(
            session =>
            {
                using var row = session.Prepare("SELECT key FROM shard WHERE number = ?").Bind(1, shard);
                return row.Read() ? row.Text(0) : null;
            },
            cancellationToken);
        return found is null ? null : keys.GetOrAdd(shard, found);
    }

    public async ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken)
    {
        if (numbers.TryGetValue(key, out var known))
            return known;
        var found = await database.ReadAsync(
            session =>
            {
                using var row = session.Prepare("SELECT number FROM shard WHERE key = ?").Bind(1, key);
                return row.Read() ? row.Int(0) : (int?)null;
            },
            cancellationToken);
        return found is { } number ? numbers.GetOrAdd(key, number) : null;
    }

    public Task<WriteOutcome> WriteAsync(ShardWrite write)
    {
        var queued = new SqliteShardWrite(write, bell, doubtful);
        database.Write(queued);
        return queued.Task;
    }

    public Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<JobKeyRow>>(
            session =>
            {
                var found = new List<JobKeyRow>();
                var first = StoredTime.FirstIdSince(since);
                var row = session.Prepare(
                    """
                    SELECT id, count, body_hash FROM job_key
                    WHERE shard = ? AND kind = ? AND hash = ? AND id >= ? ORDER BY id DESC LIMIT 1
                    """);
                foreach (var hash in hashes)
                {
                    using (row.Bind(1, shard).Bind(2, (int)kind).Bind(3, hash.Span).Bind(4, first))
                    {
                        if (row.Read())
                            found.Add(new JobKeyRow(kind, hash, row.Id(0), row.Int(1), row.Bytes(2).ToArray()));
                    }
                }

                return found;
            },
            cancellationToken);

    private static ShardClaim Claim(SqliteTransaction transaction, string key, string owner)
    {
        var session = transaction.Session;
        int number;
        long epoch;
        bool wasClean;
        JobId lastId;
        using (var known = session.Prepare("SELECT number, epoch, owner, last_id FROM shard WHERE key = ?").Bind(1, key))
        {
            var isKnown = known.Read();
            (number, epoch) = isKnown ? (known.Int(0), known.Long(1) + 1) : (0, 1);
            wasClean = !isKnown || known.IsNull(2);
            lastId = isKnown && !known.IsNull(3) ? known.Id(3) : default;
        }

        if (number == 0)
            number = Add(session, key, owner);
        else
            session.Prepare("UPDATE shard SET epoch = ?, owner = ? WHERE number = ?").Bind(1, epoch).Bind(2, owner).Bind(3, number).Run();
        transaction.SetEpoch(number, epoch);

        using (var newest = session.Prepare("SELECT id FROM job WHERE shard = ? ORDER BY id DESC LIMIT 1").Bind(1, number))
        {
            if (newest.Read() && newest.Id(0) > lastId)
                lastId = newest.Id(0);
        }

        return new ShardClaim(number, key, epoch, wasClean, lastId, SqliteCheckpoint.Last(session, number)?.InboxPosition ?? 0);
    }

    private static int Add(SqliteSession session, string key, string owner)
    {
        using var added = session.Prepare("INSERT INTO shard (key, epoch, owner) VALUES (?, 1, ?) RETURNING number").Bind(1, key).Bind(2, owner);
        added.Read();
        var number = added.Int(0);
        added.Read();
        return number;
    }
}
