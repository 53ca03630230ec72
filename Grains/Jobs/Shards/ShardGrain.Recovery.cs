using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>Taking over what a former owner left, and keeping a checkpoint for the next.</summary>
internal sealed partial class ShardGrain
{
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromSeconds(1);

    /// <summary>Shorter than the time after which a caller gives up: what it brought is let go of before it comes again.</summary>
    private static readonly TimeSpan RecoveryWaitMax = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource leaving = new();
    private JobId lastStored;
    private int endedSince;
    private bool isRecovered;
    private bool isCheckpointing;

    /// <summary>Ends committed before all open jobs were recovered.</summary>
    private HashSet<JobId>? endedEarly = [];

    private async Task RecoverAsync()
    {
        (lastStored, inboxPosition) = (claim.LastId, claim.InboxPosition);
        // What pumps hold of it stays with them, under the same attempt.
        var held = await bell.HeldOfAsync(Key, claim.Epoch, leaving.Token);
        // From here on nothing starts that a former owner has handed out.
        takenOverAt = store.Now;
        await UntilDoneAsync(() => RecoverJobsAsync(held));
        await UntilDoneAsync(ReadStartsAsync);
        (isRecovered, endedEarly) = (true, null);
        ConfigureWhenQuiet();
        RingAll();
        CheckpointWhenDue();
        _ = UntilDoneAsync(ReadInboxAsync);
    }

    /// <summary>Completes when every open job is in memory.</summary>
    /// <exception cref="StoreUnavailableException">The shard gets another owner before that, or it takes long: callers would pile up.</exception>
    private async Task RecoveredAsync()
    {
        try
        {
            await recovery.WaitAsync(RecoveryWaitMax, clock);
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            throw new StoreUnavailableException(
                e is TimeoutException ? "The jobs' shard is being recovered; try again." : "The jobs' shard moves; try again.", e);
        }
    }

    private async Task UntilDoneAsync(Func<Task> work)
    {
        while (true)
        {
            leaving.Token.ThrowIfCancellationRequested();
            try
            {
                await work();
                return;
            }
            catch (Exception e) when (!leaving.IsCancellationRequested)
            {
                LogNotRecovered(logger, Key, e);
                await Task.Delay(RecoveryPause, clock, leaving.Token);
            }
        }
    }

    private async Task RecoverJobsAsync(Dictionary<JobId, (int Attempt, string Silo)> held)
    {
        // Found by a try that was broken off.
        var parked = memory.ParkedIds.ToHashSet();
        await foreach (var chunk in store.RecoverAsync(claim, leaving.Token))
        {
            // Accepted by this activation, or found before.
            var found = chunk.Where(job => job.Id <= claim.LastId && memory.Find(job.Id) is null && !parked.Contains(job.Id)
                && !endedEarly!.Contains(job.Id)).ToList();
            var leased = await RecoverOutsideAsync(found);
            foreach (var job in found.Where(job => !leased.Contains(job.Id)))
            {
                if (job.Id.Counter >= JobId.CounterEnd)
                    inboxSeen.Add(job.Id);
                if (!held.TryGetValue(job.Id, out var run) || !await IsHeldAsync(job, run.Attempt, run.Silo))
                    Recover(job);
            }

            _ = journal.WriteAsync();
            ArmTimer();
            // After an unclean end those that may have killed the silo come first, each alone: the others are rung when all are known.
            if (claim.WasClean)
                RingAll();
        }
    }

    /// <summary>Leaves an attempt with the pump that holds it, unless what became of it is on record and only the answer was lost.</summary>
    private async Task<bool> IsHeldAsync(OpenJob found, int attempt, string silo)
    {
        var crashes = found.Crashes;
        if (found.Attempt >= attempt)
        {
            var rows = await store.AttemptsAsync(found.Id, leaving.Token);
            if (rows.Any(row => row.Attempt > attempt || (row.Attempt == attempt && row.Kind != AttemptKind.Started)))
                return false;
            // Its start is on record, but the silo lives.
            crashes--;
        }

        var job = Add(found);
        job.Crashes = (byte)crashes;
        (job.Holder, job.State, job.Attempt, job.StartedAt) = (holders.PlaceOf(silo), JobState.Running, attempt, store.Now.UtcTicks);
        job.IsDoubtful = found.Attempt >= attempt;
        // It was there when it was asked, and may have gone since.
        if (cluster.Current.Find(silo) is null)
            Lose(job);
        return true;
    }

    private void Recover(in OpenJob found)
    {
        var now = store.Now;
        if (found is { Attempt: 0, DueAt: { } dueAt } && dueAt > now)
        {
            memory.Park(found.Id, dueAt);
            return;
        }

        var job = Add(found);
        // A start that left no mark may have used the next number.
        if (!claim.WasClean && job.Crashes == 0)
            job.Attempt++;
        job.IsDoubtful = !claim.WasClean || job.Crashes > 0;
        if (found.Attempt == 0)
            memory.Expire(job, found.ExpiresAt);
        if ((found.Failures > 0 || found.IsSnoozed) && found.DueAt > now && job.Crashes < JobLimits.CrashesMax)
            StartAgainAt(job, found.IsSnoozed ? JobState.Scheduled : JobState.Retrying, found.DueAt.Value.UtcTicks);
        else if (job.Crashes > 0)
            LineUp(job);
        else
            memory.Line(job);
    }

    private JobEntry Add(in OpenJob found)
    {
        var job = memory.Add(found.Id, found.Function)!;
        job.Priority = found.Priority;
        job.Failures = (short)found.Failures;
        job.Crashes = (byte)Math.Min(found.Crashes, byte.MaxValue);
        job.Attempt = found.Attempt;
        memory.Name(job, found.Key, found.IsAlone);
        UseKeys();
        return job;
    }

    /// <summary>The journal may have a row.</summary>
    private void LineUp(JobEntry job)
    {
        if (job.Crashes >= JobLimits.CrashesMax)
        {
            FailCrashed(job);
            return;
        }

        memory.Line(job);
        RingFor(job);
        changes.Happened(job.Id);
    }

    private void FailCrashed(JobEntry job) => FailWithLetter(
        job, new JobResult(job.Id, job.Attempt, AttemptOutcome.FailedForGood, default, store.Now, Error: CrashedError(job), ErrorType: "crashed"),
        () => EndCrashed(job, store.Now));

    private void EndCrashed(JobEntry job, DateTimeOffset now)
    {
        job.IsChanging = true;
        AddEnd(new JobEnd(
            job.Id, JobTransitions.Next(job.State, JobEvent.Crashed)!.Value, job.Attempt, null, now, default, null, CrashedError(job), "crashed"));
    }

    private static string CrashedError(JobEntry job) => $"crashed: the silo died {job.Crashes} times while it ran this job.";

    private void CheckpointWhenDue()
    {
        if (isRecovered && endedSince >= Math.Max(options.CheckpointEvery, memory.Open))
            _ = CheckpointAsync();
    }

    private async Task CheckpointAsync()
    {
        // One that does not know of a write whose outcome is unknown may not speak for all ids.
        if (isCheckpointing || !isRecovered || isLost)
            return;
        isCheckpointing = true;
        var ended = endedSince;
        try
        {
            var (upTo, open, position) = (lastStored, memory.OpenIds(), inboxPosition);
            var sorted = await Task.Run(() => Sorted(open));
            var checkpoint = new ShardCheckpoint(claim.Number, claim.Epoch, upTo, sorted, position);
            if (await store.WriteCheckpointAsync(checkpoint, CancellationToken.None) == WriteOutcome.Refused)
                OnLost(null);
        }
        catch (Exception e)
        {
            // The last one stays good; the next owner only has more to read.
            LogNoCheckpoint(logger, Key, e);
        }
        finally
        {
            // Also when it failed: the next try is as far away.
            endedSince -= ended;
            isCheckpointing = false;
        }
    }

    private static JobId[] Sorted(JobId[] ids)
    {
        Array.Sort(ids);
        return ids;
    }

    [LoggerMessage(LogLevel.Warning, "The open jobs of shard {Shard} could not be recovered yet; trying again")]
    private static partial void LogNotRecovered(ILogger logger, string shard, Exception error);

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} could not write a checkpoint")]
    private static partial void LogNoCheckpoint(ILogger logger, string shard, Exception error);
}
