using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Hearth.Jobs;

/// <summary>What happens to jobs at a time: due, tried again, expired.</summary>
internal sealed partial class ShardGrain
{
    private const int WakeMax = 1_000;

    /// <summary>The timer counts on the silo's clock, which may stray from the store's.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RingAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TimerMin = TimeSpan.FromMilliseconds(1);

    private IGrainTimer timer = null!;
    private long armedFor = long.MaxValue;
    private long ringAllAt = long.MaxValue;

    private void StartTimer() => timer = this.RegisterGrainTimer(
        TickAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });

    private void ArmTimer()
    {
        var next = Math.Min(Math.Min(memory.NextTime ?? long.MaxValue, outside.First ?? long.MaxValue), Math.Min(ringAllAt, limits?.NextTime ?? long.MaxValue));
        next = Math.Min(next, keeper?.NextTime ?? long.MaxValue);
        if (next >= armedFor)
            return;
        armedFor = next;
        var wait = TimeSpan.FromTicks(next - store.Now.UtcTicks);
        timer.Change(wait < TimerMin ? TimerMin : wait > TimerMax ? TimerMax : wait, Timeout.InfiniteTimeSpan);
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        armedFor = long.MaxValue;
        var now = store.Now;
        try
        {
            if (ringAllAt <= now.UtcTicks)
                RingAll();
            limits?.Tick();
            keeper?.Tick();
            ExpireDue(now);
            RetryDue(now);
            FailExpired(now);
            _ = journal.WriteAsync();
            await WakeParkedAsync(now);
        }
        finally
        {
            ArmTimer();
        }
    }

    private void ExpireDue(DateTimeOffset now)
    {
        while (memory.Expiries.TryTake(now.UtcTicks, out var id))
        {
            if (memory.Find(id) is { State: JobState.Ready, IsChanging: false } job && IsExpired(job, now))
                Expire(job, now);
        }
    }

    private void RetryDue(DateTimeOffset now)
    {
        while (memory.Retries.TryTake(now.UtcTicks, out var id))
        {
            if (memory.Find(id) is not { State: JobState.Retrying or JobState.Scheduled } job)
                continue;
            // Somebody is cancelling it, which may not succeed.
            if (job.IsChanging)
                memory.Retries.Add(id, (now + RecoveryPause).UtcTicks);
            else
                LineUp(job);
        }
    }

    private async Task WakeParkedAsync(DateTimeOffset now)
    {
        var due = new List<JobId>();
        var max = RowsAtOnce(WakeMax);
        while (due.Count < max && memory.TryWake(now.UtcTicks, out var id))
            due.Add(id);
        if (due.Count == 0)
            return;
        Dictionary<JobId, JobSpec> rows;
        try
        {
            rows = await ReadRowsAsync(due, due);
        }
        catch (Exception e)
        {
            LogNotWoken(logger, due.Count, Key, e);
            foreach (var id in due)
                memory.Sleep(id, (now + RecoveryPause).UtcTicks);
            return;
        }

        foreach (var id in due)
        {
            if (!rows.TryGetValue(id, out var spec))
                EndDamagedParked(id);
            else if (memory.Wake(id))
                LineUpWoken(id, spec);
        }

        _ = journal.WriteAsync();
    }

    private void EndDamagedParked(JobId id)
    {
        if (memory.IsWaking(id) && memory.BeginEnd(id))
            journal.Gathering.Ends.Add(DamagedEnd(id));
    }

    private void LineUpWoken(JobId id, JobSpec spec)
    {
        if (memory.Add(id, spec.Function) is not { } job)
            return;
        memory.Describe(job, spec);
        UseKeys();
        // Being cancelled: should that not succeed, it is lined up then.
        if (memory.IsEnding(id))
            job.IsChanging = true;
        else
            LineUp(job);
    }

    [LoggerMessage(LogLevel.Warning, "{Count} jobs of shard {Shard} are due and could not be read; trying again")]
    private static partial void LogNotWoken(ILogger logger, int count, string shard, Exception error);
}
