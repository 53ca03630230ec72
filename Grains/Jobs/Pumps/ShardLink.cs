using Hearth.Functions;
using Hearth.Functions.Runs;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// What a pump has of one shard: the attempts that it holds, and the results on their way back. A result is kept until the shard has
/// acknowledged it, whoever owns the shard by then; results that gather meanwhile travel together.
/// </summary>
internal sealed partial class ShardLink(
    string key, IShardGrain shard, Func<bool> mayBegin, Func<DateTimeOffset> now, TimeProvider clock, ILogger logger) : IRunHost
{
    /// <summary>Attempts that have run and are not acknowledged, above which no more are leased: all of these run again after a crash.</summary>
    public const int UnacknowledgedMax = 8_192;

    private const int DeliveriesMax = 2;
    private const int BatchMax = 4_096;
    private const int BatchBytesMax = 4 << 20;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<JobId, HeldRun> held = [];
    private readonly HashSet<FunctionPump> waitingForRoom = [];
    private readonly List<JobResult> results = [];
    private int unacknowledged;
    private int deliveries;
    private long epoch;
    private TaskCompletionSource? drained;

    public string Key { get; } = key;

    public IShardGrain Shard { get; } = shard;

    public bool MayBegin => mayBegin();

    public IRunVoice Hear(JobId job, int attempt) => new JobVoice(Shard, job, attempt, now, clock, logger);

    /// <summary>Whether the shard ever had jobs that may have killed a silo.</summary>
    public bool HasSuspects { get; set; }

    /// <summary>Whether another silo owned it when it last rang.</summary>
    public bool IsRemote { get; set; }

    /// <summary>
    /// A new owner asks for the attempts held, those among them that have ended and are not acknowledged. What a former owner handed out and
    /// is still on its way here is not started any more: the new one does not know of it.
    /// </summary>
    public HeldAttempt[] HeldFor(long owner)
    {
        lock (gate)
        {
            epoch = Math.Max(epoch, owner);
            return Held();
        }
    }

    /// <summary>The attempts that are here, those among them that have ended and are not acknowledged.</summary>
    public HeldAttempt[] Held()
    {
        lock (gate)
            return [.. held.Select(h => new HeldAttempt(h.Key, h.Value.Attempt))];
    }

    /// <summary>Whether more may be leased; if not, <paramref name="pump"/> is rung when it may.</summary>
    public bool HasRoom(FunctionPump pump)
    {
        lock (gate)
        {
            if (unacknowledged < UnacknowledgedMax)
                return true;
            waitingForRoom.Add(pump);
            return false;
        }
    }

    /// <returns>False when the shard has got another owner since.</returns>
    public bool TryStart(in JobLease lease, FunctionRun run)
    {
        lock (gate)
        {
            if (lease.Epoch < epoch)
                return false;
            epoch = lease.Epoch;
            held[lease.Id] = new HeldRun(lease.Attempt, run);
            return true;
        }
    }

    /// <summary>The attempt is over; from here its slot may serve another.</summary>
    public void Ended(in JobResult result)
    {
        lock (gate)
        {
            // Unless another attempt has begun here: the shard may have moved meanwhile.
            if (!held.TryGetValue(result.Id, out var run) || run.Attempt <= result.Attempt)
                held[result.Id] = new HeldRun(result.Attempt, null);
            results.Add(result);
            unacknowledged++;
            if (deliveries >= DeliveriesMax)
                return;
            deliveries++;
        }

        _ = DeliverAsync();
    }

    /// <summary>Cuts a run off, if it runs here.</summary>
    public void CutOff(JobId id)
    {
        lock (gate)
            held.GetValueOrDefault(id).Run?.CutOff(RunEnd.Cancelled);
    }

    /// <summary>Cuts all runs off.</summary>
    public void CutOff()
    {
        lock (gate)
        {
            foreach (var (_, run) in held.Values)
                run?.CutOff(RunEnd.Cancelled);
        }
    }

    /// <summary>
    /// Tells the shard, until it has heard it, that what it handed out by a call never came: of a function, or suspects when that is null.
    /// </summary>
    public async Task DisownAsync(string? function, PumpCall call, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Shard.DisownAsync(function, call, Held());
                return;
            }
            catch (Exception e)
            {
                LogNotDisowned(logger, Key, e);
                await Task.Delay(Again, clock, CancellationToken.None);
            }
        }
    }

    /// <summary>Completes when every result is acknowledged.</summary>
    public Task DrainAsync()
    {
        lock (gate)
            return unacknowledged == 0 ? Task.CompletedTask : (drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private async Task DeliverAsync()
    {
        // Off the thread of the run that ended, which others wait for.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (Next() is { } batch)
        {
            while (!await TryDeliverAsync(batch))
                await Task.Delay(Again, clock);
            Acknowledge(batch);
        }
    }

    private async Task<bool> TryDeliverAsync(JobResult[] batch)
    {
        try
        {
            await Shard.CompleteAsync(batch);
            return true;
        }
        catch (Exception e)
        {
            LogNotDelivered(logger, batch.Length, Key, e);
            return false;
        }
    }

    private JobResult[]? Next()
    {
        lock (gate)
        {
            if (results.Count == 0)
            {
                deliveries--;
                return null;
            }

            var (count, bytes) = (0, 0L);
            while (count < results.Count && count < BatchMax && bytes < BatchBytesMax)
                bytes += BytesOf(results[count++]);
            var batch = new JobResult[count];
            results.CopyTo(0, batch, 0, count);
            results.RemoveRange(0, count);
            return batch;
        }
    }

    private static int BytesOf(in JobResult result) => result.Result.Length + (result.Extras?.Log?.Length ?? 0);

    private void Acknowledge(JobResult[] batch)
    {
        FunctionPump[] wake = [];
        lock (gate)
        {
            foreach (ref readonly var result in batch.AsSpan())
            {
                // It may have been leased to this pump again before the acknowledgement came.
                if (held.TryGetValue(result.Id, out var run) && run.Attempt == result.Attempt)
                    held.Remove(result.Id);
            }

            unacknowledged -= batch.Length;
            if (unacknowledged == 0)
            {
                drained?.SetResult();
                drained = null;
            }

            if (unacknowledged < UnacknowledgedMax && waitingForRoom.Count > 0)
            {
                wake = [.. waitingForRoom];
                waitingForRoom.Clear();
            }
        }

        foreach (var pump in wake)
            pump.Ring(this, IsRemote);
    }

    private readonly record struct HeldRun(int Attempt, FunctionRun? Run);

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} has not heard yet that jobs it handed out did not arrive; trying again")]
    private static partial void LogNotDisowned(ILogger logger, string shard, Exception error);

    [LoggerMessage(LogLevel.Warning, "{Count} results were not taken by shard {Shard}; trying again")]
    private static partial void LogNotDelivered(ILogger logger, int count, string shard, Exception error);
}
