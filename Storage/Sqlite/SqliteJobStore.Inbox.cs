using System.Runtime.CompilerServices;

namespace Hearth.Storage.Sqlite;

/// <summary>Submissions made with writes of other shards. The one writer gives them positions in the order of commits.</summary>
public sealed partial class SqliteJobStore
{
    private const int InboxPageMax = 10_000;
    private const long InboxPageBytesMax = 32 << 20;
    private static readonly TimeSpan InboxRepeat = TimeSpan.FromSeconds(2);

    public async Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken)
    {
        var last = bell.Last(shard);
        var page = await database.ReadAsync(session => ReadInbox(session, shard, position), cancellationToken);
        if (!page.HasMore)
            bell.Answered(shard, last);
        return page;
    }

    public async IAsyncEnumerable<int> WatchInboxAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var shard in await database.ReadAsync(ShardsWithInbox, cancellationToken))
            bell.Ring(shard);
        while (true)
        {
            var next = bell.Next;
            foreach (var shard in bell.Pending())
                yield return shard;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next, Task.Delay(InboxRepeat, clock, waiting.Token));
            await waiting.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Something was committed to a shard's inbox by another store of this process.</summary>
    internal void RingInbox(int shard) => bell.Ring(shard);

    private static InboxPage ReadInbox(SqliteSession session, int shard, long position)
    {
        var rows = new List<InboxRow>();
        var bytes = 0L;
        using var row = session.Prepare(
            """
            SELECT i.position, EXISTS (SELECT 1 FROM job j WHERE j.shard = i.shard AND j.id = i.id),
                   i.id, i.function, i.content_type, i.priority, i.due_at, i.expires_at, i.tags, i.options, i.checksum, i.input
            FROM inbox i
            WHERE i.shard = ? AND i.position > ? AND NOT EXISTS (SELECT 1 FROM job_end e WHERE e.shard = i.shard AND e.id = i.id)
            ORDER BY i.position
            """).Bind(1, shard).Bind(2, position);
        while (row.Read())
        {
            if (rows.Count == InboxPageMax || bytes > InboxPageBytesMax)
                return new InboxPage(rows, position, HasMore: true);
            position = row.Long(0);
            var job = SqliteJobSql.ReadJob(row, 2);
            bytes += job.Spec.Input.Length;
            rows.Add(new InboxRow(job, IsStored: row.Int(1) == 1));
        }

        return new InboxPage(rows, position, HasMore: false);
    }

    private static List<int> ShardsWithInbox(SqliteSession session)
    {
        var shards = new List<int>();
        using var row = session.Prepare("SELECT number FROM shard s WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.shard = s.number)");
        while (row.Read())
            shards.Add(row.Int(0));
        return shards;
    }
}
