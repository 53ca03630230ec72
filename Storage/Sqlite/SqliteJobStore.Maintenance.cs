using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// Forgetting. SQLite has no partitions to drop, and one file that is written by one writer has no vacuum debt either: rows are found by
/// reading, and deleted by id, a few at a time between other writes. Their pages are used again; the file does not shrink.
/// </summary>
public sealed partial class SqliteJobStore
{
    private const int LookedAtOnceMax = 4_096;
    private const int ForgottenAtOnceMax = 256;

    private int isMaintaining;

    public async Task MaintainAsync(Retention retention, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref isMaintaining, 1) == 1)
            return;
        try
        {
            await ForgetInboxAsync(cancellationToken);
            await ForgetPermitsAsync(cancellationToken);
            foreach (var shard in await ShardsAsync(cancellationToken))
            {
                await ForgetJobsAsync(shard.Number, retention.Of(shard.Number), cancellationToken);
                await ForgetKeysAsync(shard.Number, cancellationToken);
            }
        }
        finally
        {
            Volatile.Write(ref isMaintaining, 0);
        }
    }

    public async Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken)
    {
        var forgotten = new List<JobId>();
        foreach (var some in ids.Distinct().Order().Chunk(ForgottenAtOnceMax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            forgotten.AddRange(await database.WriteAsync(transaction => ForgetEnded(transaction.Session, shard, some)));
        }

        return forgotten;
    }

    private async Task ForgetJobsAsync(int shard, Retention retention, CancellationToken cancellationToken)
    {
        var now = Now;
        JobId? from = default(JobId);
        while (from is { } after)
        {
            var (old, last) = await database.ReadAsync(session => Old(session, shard, after, retention, now), cancellationToken);
            foreach (var some in old.Chunk(ForgottenAtOnceMax))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await database.WriteAsync(transaction => Forget(transaction.Session, shard, some));
            }

            from = last;
        }
    }

    /// <summary>Of some jobs after an id those to forget, and the last that was looked at; null: there are no more.</summary>
    private static (List<JobId> Old, JobId? Last) Old(
        SqliteSession session, int shard, JobId after, Retention retention, DateTimeOffset now)
    {
        var (succeededBefore, failedBefore, cancelledBefore) =
            (retention.Before(JobState.Succeeded, now), retention.Before(JobState.Failed, now), retention.Before(JobState.Cancelled, now));
        var old = new List<JobId>();
        var looked = 0;
        var last = after;
        // None has ended before it was accepted: what is newer need not be looked at.
        var newest = new[] { succeededBefore, failedBefore, cancelledBefore }.Max();
        using var row = session.Prepare(
            """
            SELECT j.id, e.ended_at < CASE e.state WHEN 6 THEN ?5 WHEN 7 THEN ?7 ELSE ?4 END
            FROM job j LEFT JOIN job_end e ON e.shard = j.shard AND e.id = j.id
            WHERE j.shard = ?1 AND j.id > ?2 AND j.id < ?3 ORDER BY j.id LIMIT ?6
            """)
            .Bind(1, shard).Bind(2, after).Bind(3, StoredTime.FirstIdSince(newest))
            .Bind(4, succeededBefore).Bind(5, failedBefore).Bind(6, LookedAtOnceMax).Bind(7, cancelledBefore);
        while (row.Read())
        {
            looked++;
            last = row.Id(0);
            if (row.Int(1) == 1)
                old.Add(last);
        }

        return (old, looked < LookedAtOnceMax ? null : last);
    }

    /// <param name="session">Of the transaction that forgets them.</param>
    /// <param name="shard">Their shard.</param>
    /// <param name="ids">Ascending.</param>
    private static List<JobId> ForgetEnded(SqliteSession session, int shard, ReadOnlySpan<JobId> ids)
    {
        var ended = new List<JobId>();
        var find = session.Prepare("SELECT 1 FROM job_end WHERE shard = ? AND id = ?");
        foreach (var id in ids)
        {
            using var row = find.Bind(1, shard).Bind(2, id);
            if (row.Read())
                ended.Add(id);
        }

        if (ended.Count > 0)
            Forget(session, shard, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ended));
        return ended;
    }

    private static bool Forget(SqliteSession session, int shard, ReadOnlySpan<JobId> ids)
    {
        // A submission goes with its job, or it would come back as a new one.
        foreach (var table in new[] { "job_attempt", "job_note", "job_lease", "inbox", "job_end", "job" })
        {
            var delete = session.Prepare($"DELETE FROM {table} WHERE shard = ? AND id = ?");
            foreach (var id in ids)
                delete.Bind(1, shard).Bind(2, id).Run();
        }

        session.Prepare("UPDATE shard SET last_id = max(coalesce(last_id, ?2), ?2) WHERE number = ?1").Bind(1, shard).Bind(2, ids[^1]).Run();
        return true;
    }

    private async Task ForgetKeysAsync(int shard, CancellationToken cancellationToken)
    {
        var before = StoredTime.FirstIdSince(Now - JobLimits.UniqueWithinMax);
        int forgotten;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            forgotten = await database.WriteAsync(transaction =>
            {
                transaction.Session.Prepare(
                    """
                    DELETE FROM job_key WHERE (shard, kind, hash, id) IN
                        (SELECT shard, kind, hash, id FROM job_key WHERE shard = ? AND id < ? ORDER BY id LIMIT ?)
                    """).Bind(1, shard).Bind(2, before).Bind(3, ForgottenAtOnceMax).Run();
                return transaction.Session.Changes;
            });
        }
        while (forgotten > 0);
    }

    private async Task ForgetPermitsAsync(CancellationToken cancellationToken)
    {
        int forgotten;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            forgotten = await database.WriteAsync(transaction =>
            {
                transaction.Session.Prepare(
                    """
                    DELETE FROM permit WHERE (shard, scope, at, count) IN
                        (SELECT shard, scope, at, count FROM permit WHERE kept_until <= ? LIMIT ?)
                    """).Bind(1, Now).Bind(2, ForgottenAtOnceMax).Run();
                return transaction.Session.Changes;
            });
        }
        while (forgotten > 0);
    }

    /// <summary>Submissions whose jobs have ended.</summary>
    private async Task ForgetInboxAsync(CancellationToken cancellationToken)
    {
        var position = 0L;
        var looked = LookedAtOnceMax;
        while (looked == LookedAtOnceMax)
        {
            (var ended, looked, position) = await database.ReadAsync(session => EndedInInbox(session, position), cancellationToken);
            foreach (var some in ended.Chunk(ForgottenAtOnceMax))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await database.WriteAsync(transaction =>
                {
                    var delete = transaction.Session.Prepare("DELETE FROM inbox WHERE position = ?");
                    foreach (var one in some)
                        delete.Bind(1, one).Run();
                    return true;
                });
            }
        }
    }

    private static (List<long> Ended, int Looked, long Last) EndedInInbox(SqliteSession session, long after)
    {
        var ended = new List<long>();
        var looked = 0;
        using var row = session.Prepare(
            """
            SELECT i.position, EXISTS (SELECT 1 FROM job_end e WHERE e.shard = i.shard AND e.id = i.id)
            FROM inbox i WHERE i.position > ? ORDER BY i.position LIMIT ?
            """).Bind(1, after).Bind(2, LookedAtOnceMax);
        while (row.Read())
        {
            looked++;
            after = row.Long(0);
            if (row.Int(1) == 1)
                ended.Add(after);
        }

        return (ended, looked, after);
    }
}
