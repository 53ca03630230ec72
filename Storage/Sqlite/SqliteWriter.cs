using System.Diagnostics;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// The only one in the process who writes to the file, on a thread of its own: (1) takes what is queued, (2) runs it in one transaction,
/// (3) commits, (4) answers the callers, (5) folds the log into the file when it has grown. What arrives meanwhile shares the next commit.
/// </summary>
/// <remarks>
/// Since nobody else does checkpoints, none ever runs beside a commit of this process.
/// A commit that fails with an I/O error is unknown: its last page may be in the log, to be found by the next start. So the same writes
/// are sent again, on the same connection, whose end of the log has not moved: they overwrite what was written, and are synced anew.
/// (Opening a new connection would read the log back from memory that the disk may not have.)
/// </remarks>
internal sealed class SqliteWriter
{
    private const int CommitRowsMax = 10_000;
    private const long CommitBytesMax = 16 << 20;

    private readonly object gate = new();
    private readonly Queue<SqliteWrite> queue = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim closing = new();
    private readonly SqliteSession session;
    private readonly SqliteTransaction transaction;
    private readonly SqliteLog log;
    private readonly SqliteLimits limits;
    private long queuedBytes;
    private long commits;
    private long rows;
    private long bytes;

    public SqliteWriter(SqliteSession session, SqliteLimits limits)
    {
        this.session = session;
        this.limits = limits;
        transaction = new SqliteTransaction(session);
        log = new SqliteLog(session, limits, closing.Wait);
        new Thread(Run) { IsBackground = true, Name = "hearth-sqlite" }.Start();
    }

    /// <summary>For tests: gets the commit, and may fail instead of it or after it.</summary>
    public Action<Action>? AroundCommit { get; set; }

    public StoreCounters Counters => new(Volatile.Read(ref commits), session.Steps, Volatile.Read(ref rows), Volatile.Read(ref bytes));

    /// <summary>Queues a write; it is told when it is committed.</summary>
    /// <returns>Why not: too much is waiting already, or the store is closed.</returns>
    public StoreUnavailableException? Add(SqliteWrite write)
    {
        lock (gate)
        {
            if (closing.IsSet)
                return new StoreUnavailableException("The store is closed.");
            if (queue.Count >= limits.QueuedMax || (queue.Count > 0 && queuedBytes + write.Bytes > limits.QueuedBytesMax))
                return new StoreUnavailableException($"{queue.Count} writes with {queuedBytes} bytes are waiting already.");
            queue.Enqueue(write);
            queuedBytes += write.Bytes;
            if (queue.Count == 1)
                Monitor.Pulse(gate);
            return null;
        }
    }

    /// <summary>Writes what is queued, and ends.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            closing.Set();
            Monitor.Pulse(gate);
        }

        return ended.Task;
    }

    private void Run()
    {
        try
        {
            var batch = new List<SqliteWrite>();
            while (Take(batch))
            {
                if (batch.Count > 0)
                    Commit(batch);
                log.Tend(isIdle: batch.Count == 0);
                batch.Clear();
            }

            log.Fold();
        }
        finally
        {
            session.Dispose();
            ended.SetResult();
        }
    }

    /// <returns>False when there will be no more; none when nothing came for a while.</returns>
    private bool Take(List<SqliteWrite> batch)
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                if (closing.IsSet)
                    return false;
                if (!Monitor.Wait(gate, log.NeedsTending ? limits.IdleAfter : Timeout.InfiniteTimeSpan))
                    return true;
            }

            var batchRows = 0;
            var batchBytes = 0L;
            while (batchRows < CommitRowsMax && batchBytes < CommitBytesMax && queue.TryDequeue(out var write))
            {
                batch.Add(write);
                batchRows += write.Rows;
                batchBytes += write.Bytes;
            }

            queuedBytes -= batchBytes;
            return true;
        }
    }

    private void Commit(List<SqliteWrite> batch)
    {
        var error = TryCommit(batch);
        if (error is OutcomeUnknownException)
            error = SendAgain(batch, error);
        if (error is not null && batch.Count > 1 && IsOfOneWrite(error))
        {
            // One write's own mistake must not fail its neighbours.
            foreach (var write in batch)
                Commit([write]);
            return;
        }

        foreach (var write in batch)
        {
            if (error is null)
                write.Succeed();
            else
                write.Fail(error);
        }
    }

    /// <returns>What went wrong: after <see cref="OutcomeUnknownException"/> the rows may be there, after all others they are not.</returns>
    private Exception? TryCommit(List<SqliteWrite> batch)
    {
        var isCommitting = false;
        try
        {
            transaction.Begin();
            foreach (var write in batch)
                write.Run(transaction);
            isCommitting = true;
            if (AroundCommit is { } around)
                around(transaction.Commit);
            else
                transaction.Commit();
            Count(batch);
            return null;
        }
        catch (Exception e)
        {
            // A full disk took no commit record: that is known.
            return (e, RollBack()) switch
            {
                (SqliteException { IsOfRows: true }, null) => new InvalidOperationException("The rows are not valid: " + e.Message, e),
                (SqliteException { Code: not SqliteNative.Full }, _) when isCommitting => new OutcomeUnknownException(Why(e), e),
                (SqliteException, _) => new StoreUnavailableException(Why(e), e),
                (_, { } failed) => new StoreUnavailableException(Why(failed), failed),
                _ => e,
            };
        }
    }

    private Exception? SendAgain(List<SqliteWrite> batch, Exception unknown)
    {
        var started = Stopwatch.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(10); Stopwatch.GetElapsedTime(started) < limits.SendAgainFor; pause *= 2)
        {
            var isClosing = closing.Wait(pause);
            if (TryCommit(batch) is null)
                return null;
            if (isClosing)
                break;
        }

        return unknown;
    }

    private SqliteException? RollBack()
    {
        try
        {
            transaction.RollBack();
            return null;
        }
        catch (SqliteException e)
        {
            return e;
        }
    }

    private void Count(List<SqliteWrite> batch)
    {
        Volatile.Write(ref commits, commits + 1);
        foreach (var write in batch)
        {
            Volatile.Write(ref rows, rows + write.Rows);
            Volatile.Write(ref bytes, bytes + write.Bytes);
        }
    }

    private static bool IsOfOneWrite(Exception e) => e is not StoreUnavailableException;

    private static string Why(Exception e) => "The database cannot be written: " + e.Message;
}
