using System.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>
/// The group commit of some shards: one connection, one batch in flight. What is written meanwhile is merged into the next batch by its
/// callers, so that only sending is left when the commit is answered; so a shard's commits are in order, and a lone write waits for nothing.
/// </summary>
/// <remarks>
/// 1. A caller merges its write into the batch being filled, or queues it when that is full.
/// 2. The loop takes the batch, leaves another to be filled, and sends it in one round trip.
/// 3. It answers the callers. Where the connection was lost it sends the batch again on another until the outcome is known.
/// </remarks>
internal sealed partial class WriteLane(PostgreSqlDatabase database) : IAsyncDisposable
{
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClosingMax = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Queue<PendingWrite> queue = new();
    private readonly List<(int Shard, long Epoch)> stored = [];
    private readonly CancellationTokenSource closing = new();
    private WriteBatch filling = new();
    private WriteBatch? spare = new();
    private WriteBatch? lone;
    private int waitingRows;
    private long waitingBytes;
    private bool isClosed;
    private Task loop = Task.CompletedTask;
    private bool isRunning;
    private NpgsqlConnection? connection;

    public Task<WriteOutcome> WriteAsync(ShardWrite write)
    {
        var pending = new PendingWrite(write);
        lock (gate)
        {
            Admit(pending);
            if (queue.Count > 0 || IsFull(filling, pending) || !filling.TryAdd(pending))
                queue.Enqueue(pending);
            waitingRows += pending.Rows;
            waitingBytes += pending.Bytes;
            if (!isRunning)
            {
                isRunning = true;
                loop = Task.Run(RunAsync);
            }
        }

        return pending.Task;
    }

    /// <summary>Writes what is waiting. An outcome that stays unknown ends with <see cref="OutcomeUnknownException"/> soon.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (gate)
        {
            // Whoever opened it closes it, and so does the container that hands it out.
            if (isClosed)
                return;
            isClosed = true;
            running = loop;
        }

        await closing.CancelAsync();
        await running;
        await DropConnectionAsync();
        closing.Dispose();
    }

    private void Admit(PendingWrite pending)
    {
        if (isClosed)
            throw new StoreUnavailableException("The store is closed.");
        if (waitingRows > 0
            && (waitingRows + pending.Rows > database.Options.QueuedRowsMax || waitingBytes + pending.Bytes > database.Options.QueuedBytesMax))
        {
            throw new StoreUnavailableException($"{waitingRows} rows ({waitingBytes >> 20} MiB) are waiting to be written already.");
        }
    }

    private bool IsFull(WriteBatch batch, PendingWrite pending) =>
        batch.Writes.Count > 0
        && (batch.Rows + pending.Rows > database.Options.BatchRowsMax || batch.Bytes + pending.Bytes > database.Options.BatchBytesMax);

    private async Task RunAsync()
    {
        while (Take() is { } batch)
        {
            try
            {
                await CommitAsync(batch, again: false);
            }
            catch (Exception e)
            {
                // Not foreseen, and still nobody may wait for ever.
                LogUnforeseen(database.Logger, e);
                FailAll(batch, new OutcomeUnknownException("The writer failed: " + e.Message, e));
                await DropConnectionAsync();
            }

            lock (gate)
            {
                waitingRows -= batch.Rows;
                waitingBytes -= batch.Bytes;
                batch.Clear();
                spare = batch;
            }
        }
    }

    /// <summary>The batch to send, while the next one is being filled; null, and the loop has ended, when there is none.</summary>
    private WriteBatch? Take()
    {
        lock (gate)
        {
            if (filling.Writes.Count == 0)
                Refill();
            if (filling.Writes.Count == 0)
            {
                isRunning = false;
                return null;
            }

            var batch = filling;
            filling = spare!;
            spare = null;
            Refill();
            return batch;
        }
    }

    private void Refill()
    {
        while (queue.TryPeek(out var pending) && !IsFull(filling, pending))
        {
            try
            {
                if (!filling.TryAdd(pending))
                    return;
            }
            catch (Exception e)
            {
                waitingRows -= pending.Rows;
                waitingBytes -= pending.Bytes;
                pending.Fail(e);
            }

            queue.Dequeue();
        }
    }

    /// <summary>Sends a batch until it is known what became of it, and answers its callers.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="again">Whether its rows may be there already.</param>
    private async Task CommitAsync(WriteBatch batch, bool again)
    {
        var unknownSince = 0L;
        Exception? lost = null;
        for (var tries = 0; ; tries++)
        {
            Exception error;
            try
            {
                connection ??= await database.ConnectWriterAsync();
                var refused = await SendAsync(connection, batch, again);
                await AnswerAsync(connection, batch, refused, isInDoubt: lost is not null);
                return;
            }
            catch (Exception e)
            {
                error = e;
            }

            var wasSent = connection is not null;
            // The driver itself gives up a connection that met a full disk, for one.
            if (!Failures.HasRolledBack(error) || connection is { State: not ConnectionState.Open })
                await DropConnectionAsync();
            if (lost is null && wasSent && Failures.HasRolledBack(error))
            {
                if ((Failures.IsRepeat(error) && !again) || (Failures.IsVictim(error) && tries < 3))
                {
                    again |= Failures.IsRepeat(error);
                    continue;
                }
            }

            if (lost is null && wasSent && Failures.IsOfConnection(error))
            {
                LogLost(database.Logger, batch.Writes.Count, error.Message);
                (lost, again, unknownSince, tries) = (error, true, database.Time.GetTimestamp(), 0);
            }

            if (lost is null)
            {
                await RefuseAsync(batch, again, error);
                return;
            }

            if (!await MayTryAgainAsync(unknownSince, tries))
            {
                GiveUp(batch, lost);
                return;
            }
        }
    }

    /// <returns>Shards whose rows were not written.</returns>
    private async Task<IReadOnlySet<int>> SendAsync(NpgsqlConnection to, WriteBatch batch, bool again)
    {
        stored.Clear();
        var command = batch.Command(to, again);
        await using (var reader = await command.ExecuteReaderAsync())
        {
            DateTime? clock = null;
            while (await reader.ReadAsync())
            {
                stored.Add((reader.GetInt32(0), reader.GetInt64(1)));
                clock = reader.GetDateTime(2);
            }

            while (await reader.NextResultAsync())
            {
                // Errors of the later statements come to light here.
            }

            if (clock is { } now)
                database.Clock.Sample(now);
        }

        return batch.Refused(stored);
    }

    private async Task AnswerAsync(NpgsqlConnection to, WriteBatch batch, IReadOnlySet<int> refused, bool isInDoubt)
    {
        var outcomes = new WriteOutcome[batch.Writes.Count];
        if (refused.Count > 0)
        {
            for (var i = 0; i < outcomes.Length; i++)
            {
                var write = batch.Writes[i].Write;
                if (refused.Contains(write.Shard) && !(isInDoubt && await StoredRows.AreAllThereAsync(to, write)))
                    outcomes[i] = WriteOutcome.Refused;
            }
        }

        database.Tally.Committed(batch.Statements, batch.Rows, batch.RowBytes);
        for (var i = 0; i < outcomes.Length; i++)
            batch.Writes[i].Complete(outcomes[i]);
    }

    /// <summary>Nothing was stored. One write's own mistake must not fail its neighbours: they are sent one by one.</summary>
    private async Task RefuseAsync(WriteBatch batch, bool again, Exception error)
    {
        if (batch.Writes.Count == 1 || !Failures.IsOfOneWrite(error))
        {
            FailAll(batch, Failures.Unavailable(error));
            return;
        }

        var one = lone ??= new WriteBatch();
        foreach (var pending in batch.Writes)
        {
            one.Clear();
            one.TryAdd(pending);
            await CommitAsync(one, again);
        }
    }

    private async Task<bool> MayTryAgainAsync(long unknownSince, int tries)
    {
        var bound = closing.IsCancellationRequested && database.Options.UnknownFor > ClosingMax ? ClosingMax : database.Options.UnknownFor;
        if (database.Time.GetElapsedTime(unknownSince) >= bound)
            return false;
        var pause = BackOff * Math.Pow(2, Math.Min(tries, 10));
        await Task.Delay(pause < BackOffMax ? pause : BackOffMax, database.Time);
        return true;
    }

    /// <summary>The owners of these shards have to start anew; what they wrote after it must not be stored without it.</summary>
    private void GiveUp(WriteBatch batch, Exception lost)
    {
        LogGivenUp(database.Logger, batch.Writes.Count);
        var shards = batch.Writes.Select(pending => (pending.Write.Shard, pending.Write.Epoch)).ToHashSet();
        FailAll(batch, new OutcomeUnknownException("The database was lost during a commit, and could not be asked what became of it: " + lost.Message, lost));
        lock (gate)
        {
            var others = filling.Writes.Concat(queue).ToList();
            waitingRows -= filling.Rows + queue.Sum(pending => pending.Rows);
            waitingBytes -= filling.Bytes + queue.Sum(pending => pending.Bytes);
            filling.Clear();
            queue.Clear();
            foreach (var pending in others)
            {
                if (shards.Contains((pending.Write.Shard, pending.Write.Epoch)))
                {
                    pending.Fail(new StoreUnavailableException("Not sent: what became of an earlier write of this shard is unknown.", lost));
                    continue;
                }

                queue.Enqueue(pending);
                waitingRows += pending.Rows;
                waitingBytes += pending.Bytes;
            }
        }
    }

    private static void FailAll(WriteBatch batch, Exception error)
    {
        foreach (var pending in batch.Writes)
            pending.Fail(error);
    }

    private async ValueTask DropConnectionAsync()
    {
        if (connection is null)
            return;
        var dropped = connection;
        connection = null;
        try
        {
            await dropped.DisposeAsync();
        }
        catch (Exception e) when (Failures.IsOfConnection(e))
        {
            // It is gone, which was wanted.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was lost during a commit of {Count} writes, which are sent again: {Reason}")]
    private static partial void LogLost(ILogger logger, int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of {Count} writes could not be found out")]
    private static partial void LogGivenUp(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "A writer failed")]
    private static partial void LogUnforeseen(ILogger logger, Exception error);
}
