using System.Diagnostics;
using Hearth.Observability;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// A shard's way to the store. Rows gather while a write is under way, so a lone row goes at once and many share a commit; many go on their
/// way before that is committed, so that the store has them at hand then. The shard's memory follows a write when it is committed, before anybody who waits for it goes on, and
/// in the order of the writes. Used from the shard's turns only.
/// </summary>
internal sealed class ShardJournal(
    IJobStore store, int shard, long epoch, Action<JournalBatch> committed, Action<JournalBatch, Exception> failed, Action<Exception?> lost)
{
    private const int UnderWayMax = 2;

    /// <summary>Fewer wait for the commit that is under way: with 64 callers, 32 share a commit and not 21, for a fifth more jobs a second.</summary>
    private const int SecondFrom = 256;

    private JournalBatch gathering = new();
    private Task last = Task.CompletedTask;
    private int underWay;
    private int jobsUnderWay;
    private long oldest;
    private bool isLost;

    /// <summary>Rows to be added to; ask for <see cref="WriteAsync"/> after it, in the same turn.</summary>
    public JournalBatch Gathering => gathering;

    /// <summary>Since when the oldest write is under way; null when none is.</summary>
    public DateTimeOffset? BusySince => underWay == 0 ? null : new DateTimeOffset(oldest, TimeSpan.Zero);

    /// <summary>New jobs that are not in the shard's memory yet.</summary>
    public int PendingJobs => gathering.Jobs.Count + jobsUnderWay;

    /// <summary>Completes when what was gathered is committed and the shard's memory has followed; at once when nothing was.</summary>
    /// <exception cref="StoreUnavailableException">It was not written.</exception>
    public Task WriteAsync()
    {
        if (gathering.IsEmpty)
            return Task.CompletedTask;
        var done = gathering.Done;
        Send();
        return done;
    }

    /// <summary>Completes when what is under way now is not any more, however it went.</summary>
    public Task CatchUpAsync() => Settled(gathering.IsEmpty ? last : gathering.Done);

    /// <summary>Completes when nothing is under way any more, however it went.</summary>
    public async Task SettleAsync()
    {
        while (!gathering.IsEmpty || underWay > 0)
            await CatchUpAsync();
    }

    private static async Task Settled(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private void Send()
    {
        while (!gathering.IsEmpty && (underWay == 0 || (underWay < UnderWayMax && gathering.Rows >= SecondFrom)))
        {
            var (batch, before) = (gathering, last);
            gathering = new JournalBatch();
            last = batch.Done;
            jobsUnderWay += batch.Jobs.Count;
            if (underWay++ == 0)
                oldest = store.Now.UtcTicks;
            _ = SendAsync(batch, before);
        }
    }

    private async Task SendAsync(JournalBatch batch, Task before)
    {
        var since = Stopwatch.GetTimestamp();
        var error = await TryWriteAsync(batch);
        // Whichever answer comes first: a checkpoint speaks for all ids up to the last that the memory knows.
        if (!before.IsCompleted)
            await Settled(before);
        underWay--;
        jobsUnderWay -= batch.Jobs.Count;
        oldest = store.Now.UtcTicks;
        error ??= TryFollow(committed, batch);
        if (error is null)
        {
            HearthMetrics.Wrote(Stopwatch.GetElapsedTime(since), batch.Rows);
            batch.Succeed();
        }
        else
        {
            HearthMetrics.WriteFailed();
            TryFollow(rows => failed(rows, error), batch);
            batch.Fail(error);
        }

        Send();
    }

    /// <returns>Why it was not written; null when it was.</returns>
    private async Task<Exception?> TryWriteAsync(JournalBatch batch)
    {
        try
        {
            return isLost || await store.WriteAsync(batch.ToWrite(shard, epoch)) == WriteOutcome.Refused
                ? Lose("The jobs' shard has another owner now; try again.", null)
                : null;
        }
        catch (OutcomeUnknownException e)
        {
            return Lose(e.Message, e);
        }
        catch (Exception e)
        {
            return e as StoreUnavailableException ?? new StoreUnavailableException("The store cannot write now.", e);
        }
    }

    /// <summary>A memory that did not follow the store is of no use: the shard starts anew.</summary>
    private Exception? TryFollow(Action<JournalBatch> follow, JournalBatch batch)
    {
        try
        {
            follow(batch);
            return null;
        }
        catch (Exception e)
        {
            return Lose("The jobs' shard could not follow what was stored; it starts anew.", e);
        }
    }

    private StoreUnavailableException Lose(string message, Exception? error)
    {
        isLost = true;
        lost(error);
        return error as StoreUnavailableException
            ?? (error is null ? new StoreUnavailableException(message) : new OutcomeUnknownException(message, error));
    }
}
