using System.Text;
using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Lists: the shards' jobs, merged newest first.</summary>
public sealed partial class SqliteJobStore
{
    private const int ListedRowsMax = 50_000;
    private static readonly TimeSpan ListedForMax = TimeSpan.FromMilliseconds(200);

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken) =>
        database.ReadAsync(session => List(session, filter, cancellationToken), cancellationToken);

    private JobPage List(SqliteSession session, JobFilter filter, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var function = filter.Function is { } name ? Encoding.UTF8.GetBytes(name) : null;
        Func<SqliteStatement, JobView?> read = row => Matches(row, filter, function) ? View(session, row) : null;
        var jobs = new List<JobView>();
        var merged = new PriorityQueue<ShardCursor, ListedId>();
        var chunk = Math.Clamp(2 * filter.Limit / Math.Max(1, filter.Shards.Count), 4, 512);
        foreach (var shard in filter.Shards.Distinct())
            Enqueue(new ShardCursor(shard, chunk, filter));
        for (var looked = 1; merged.TryDequeue(out var cursor, out var next); looked++)
        {
            if (cursor.Take() is { } view)
                jobs.Add(view);
            if (jobs.Count == filter.Limit || looked == ListedRowsMax || (looked % 256 == 0 && clock.GetElapsedTime(started) >= ListedForMax))
                return new JobPage(jobs, next.Id);
            cancellationToken.ThrowIfCancellationRequested();
            Enqueue(cursor);
        }

        return new JobPage(jobs, null);

        void Enqueue(ShardCursor cursor)
        {
            if (cursor.Peek(read, session) is { } id)
                merged.Enqueue(cursor, new ListedId(id));
        }
    }

    private static bool Matches(SqliteStatement row, JobFilter filter, byte[]? function) =>
        (filter.Ended is not { } state || (!row.IsNull(7) && row.Int(7) == (int)state))
        && (function is null || row.Utf8(1).SequenceEqual(function))
        && (filter.Error is not { } error || Contains(row.TextOrNull(12), error) || Contains(row.TextOrNull(13), error))
        && (filter.Tag is not { } tag || SqliteJobSql.ReadTags(row, 5)?.Contains(tag) == true);

    private static bool Contains(string? text, string part) => text?.Contains(part, StringComparison.Ordinal) == true;

    /// <summary>Newest first.</summary>
    private readonly record struct ListedId(JobId Id) : IComparable<ListedId>
    {
        public int CompareTo(ListedId other) => other.Id.CompareTo(Id);
    }

    /// <summary>Reads a shard backwards, some rows at a time, twice as many each time.</summary>
    private sealed class ShardCursor(int shard, int chunk, JobFilter filter)
    {
        private readonly Queue<(JobId Id, JobView? View)> rows = [];
        private JobId below = Below(filter);
        private int size = chunk;
        private bool isAtEnd;

        /// <summary>The next id, or null when there are no more.</summary>
        public JobId? Peek(Func<SqliteStatement, JobView?> read, SqliteSession session)
        {
            if (rows.Count == 0 && !isAtEnd)
                Fill(read, session);
            return rows.TryPeek(out var row) ? row.Id : null;
        }

        /// <summary>Takes the next row; null if it does not match.</summary>
        public JobView? Take() => rows.Dequeue().View;

        private void Fill(Func<SqliteStatement, JobView?> read, SqliteSession session)
        {
            using var row = session.Prepare(JobWithEnd + " WHERE j.shard = ? AND j.id >= ? AND j.id < ? ORDER BY j.id DESC LIMIT ?")
                .Bind(1, shard).Bind(2, filter.From is { } from ? StoredTime.FirstIdSince(from) : default).Bind(3, below).Bind(4, size);
            while (row.Read())
            {
                below = row.Id(0);
                rows.Enqueue((below, read(row)));
            }

            isAtEnd = rows.Count < size;
            size = Math.Min(size * 2, 1_024);
        }

        private static JobId Below(JobFilter filter)
        {
            var all = new JobId(Guid.AllBitsSet);
            var before = filter.Before is { } time ? StoredTime.FirstIdSince(time) : all;
            return filter.Below is { } below && below < before ? below : before;
        }
    }
}
