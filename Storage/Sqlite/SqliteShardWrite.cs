namespace Hearth.Storage.Sqlite;

/// <summary>Rows of one shard on their way: stored if the epoch is still the shard's.</summary>
internal sealed class SqliteShardWrite(ShardWrite write, SqliteInboxBell bell, HashSet<(int Shard, long Epoch)> doubtful) : SqliteWrite
{
    private readonly TaskCompletionSource<WriteOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriteOutcome? outcome;

    public override int Rows { get; } =
        write.Jobs.Length + write.Keys.Length + write.Ends.Length + write.Attempts.Length + write.Notes.Length + write.Leases.Length
        + write.Posts.Length + write.Permits.Length;

    public override long Bytes { get; } = BytesOf(write);

    public Task<WriteOutcome> Task => done.Task;

    public override void Run(SqliteTransaction transaction)
    {
        var isOwner = transaction.EpochOf(write.Shard) == write.Epoch;
        var isDoubtful = doubtful.Contains((write.Shard, write.Epoch));
        outcome = !isOwner ? WriteOutcome.Refused : isDoubtful ? null : WriteOutcome.Written;
        if (outcome != WriteOutcome.Written)
            return;
        var (session, shard) = (transaction.Session, write.Shard);
        Insert(write.Jobs, session, SqliteJobSql.InsertJob, (statement, job) => SqliteJobSql.Insert(statement, job.Id.Shard, job.Id, job.Spec));
        Insert(write.Keys, session, SqliteJobSql.InsertKey, (statement, key) => SqliteJobSql.Insert(statement, key.Id.Shard, key));
        Insert(write.Ends, session, SqliteJobSql.InsertEnd, (statement, end) => SqliteJobSql.Insert(statement, end.Id.Shard, end));
        Insert(write.Attempts, session, SqliteJobSql.InsertAttempt, (statement, row) => SqliteJobSql.Insert(statement, row.Id.Shard, row));
        Insert(write.Notes, session, SqliteJobSql.InsertNote, (statement, note) => SqliteJobSql.Insert(statement, note.Id.Shard, note));
        Insert(write.Leases, session, SqliteJobSql.InsertLease, (statement, lease) => SqliteJobSql.Insert(statement, lease.Id.Shard, lease));
        Insert(write.Permits, session, SqliteJobSql.InsertPermit, (statement, permit) => SqliteJobSql.Insert(statement, shard, permit));
        Insert(write.Posts, session, SqliteJobSql.InsertInbox, (statement, post) => SqliteJobSql.Insert(statement, post.Shard, post.Id, post.Spec));
    }

    public override void Succeed()
    {
        if (outcome is not { } known)
        {
            done.SetException(new OutcomeUnknownException("The outcome of an earlier write of this owner is unknown."));
            return;
        }

        if (known == WriteOutcome.Written)
        {
            foreach (var post in write.Posts.Span)
                bell.Ring(post.Shard);
        }

        done.SetResult(known);
    }

    public override void Fail(Exception error)
    {
        // What this owner writes next may rest on this: it has to start anew.
        if (error is OutcomeUnknownException)
            doubtful.Add((write.Shard, write.Epoch));
        done.SetException(error);
    }

    private static void Insert<TRow>(ReadOnlyMemory<TRow> rows, SqliteSession session, string sql, Action<SqliteStatement, TRow> insert)
    {
        if (rows.IsEmpty)
            return;
        var statement = session.Prepare(sql);
        foreach (ref readonly var row in rows.Span)
            insert(statement, row);
    }

    private static long BytesOf(ShardWrite write)
    {
        var bytes = 0L;
        foreach (ref readonly var job in write.Jobs.Span)
            bytes += job.Spec.Input.Length;
        foreach (ref readonly var end in write.Ends.Span)
            bytes += end.Result.Length;
        foreach (ref readonly var note in write.Notes.Span)
            bytes += note.Text.Length;
        foreach (ref readonly var post in write.Posts.Span)
            bytes += post.Spec.Input.Length;
        return bytes;
    }
}
