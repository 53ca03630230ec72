using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Observability;
using Hearth.Queues;
using Hearth.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Hearth.Jobs;

/// <summary>
/// The owner of a shard's jobs. (1) Activation claims the shard and recovers its open jobs in the background. (2) A job is accepted when its
/// row is committed; then it lines up and the pump is rung. (3) The pump leases jobs and (4) tells how the attempts went; ends are
/// committed before they are acknowledged. Reentrant, because a commit is shared by all that wait for it; between two awaits a method
/// is alone with the shard's memory.
/// </summary>
[Reentrant]
[PoolPlacement]
internal sealed partial class ShardGrain(
    IJobStore store, QueueCatalogue catalogue, StoreWatch watch, PumpBell bell, IClusterView cluster, FunctionRegistry functions, PayloadBudget budget, JobsOptions options,
    TimeProvider clock, ILogger<ShardGrain> logger) : Grain, IShardGrain, IShardLimitsHost, IStartKeeperHost
{
    private readonly ShardMemory memory = new(budget);
    private readonly JobWatch ends = new();
    private readonly JobWatch changes = new();
    private ShardClaim claim = null!;
    private ShardJournal journal = null!;
    private JobIdMint mint = null!;
    private Task recovery = Task.CompletedTask;
    private bool isLost;
    private ShardGauge gauge = null!;
    private bool wasSilent;

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // It knows what runs and what is parked, and is asked seldom while a long job does.
        DelayDeactivation(TimeSpan.MaxValue);
        claim = await store.ClaimAsync(Key, options.Owner, isPlanned: false, cancellationToken);
        // What was stored before the claim is known before anything is accepted or started: that another generation has the new jobs, for one.
        await catalogue.RefreshAsync();
        journal = new ShardJournal(store, claim.Number, claim.Epoch, OnCommitted, OnFailed, OnLost);
        mint = new JobIdMint(claim.Number, claim.Epoch, claim.LastId);
        HearthMetrics.Add(gauge = new ShardGauge(ShardKey.QueueOf(Key)));
        StartTimer();
        FollowCluster();
        FollowDefinition();
        recovery = RecoverAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        UnfollowCluster();
        UnfollowDefinition();
        HearthMetrics.Remove(gauge);
        _ = leaving.CancelAsync();
        try
        {
            await journal.SettleAsync();
            if (isLost)
                return;
            await CloseLimitsAsync();
            await CheckpointAsync();
            // Whoever comes next need not suspect its jobs, if none may have run in a way that is not on record, and what runs does so on other
            // silos that live: they are asked.
            if (isRecovered && !memory.Entries.Any(job => job.IsDoubtful || IsAtRisk(job)))
                await store.ReleaseAsync(claim.Number, claim.Epoch);
        }
        finally
        {
            bell.Forget(memory.Queues);
            memory.Leave();
        }
    }

    public Task WakeAsync() => Task.CompletedTask;

    public Task<ShardDepth> DepthAsync()
    {
        var (ready, running, retrying, snoozed) = (0, 0, 0, 0);
        foreach (var job in memory.Entries)
        {
            if (job.State == JobState.Ready)
                ready++;
            else if (job.State == JobState.Running)
                running++;
            else if (job.State == JobState.Retrying)
                retrying++;
            else
                snoozed++;
        }

        return Task.FromResult(new ShardDepth(memory.Parked + snoozed, ready, running, retrying, limits?.Show(), IsRecovering: !isRecovered));
    }

    /// <summary>The rows of a batch are stored: the memory follows, in their order.</summary>
    private void OnCommitted(JournalBatch batch)
    {
        watch.Written();
        if (tail.IsFollowed)
            Tell(batch);
        Accept(batch.Jobs.Memory.Span);
        var (succeeded, failed) = (0, 0);
        foreach (ref readonly var end in batch.Ends.Memory.Span)
        {
            if (memory.End(end) is { } next)
                LineUp(next);
            succeeded += end.State == JobState.Succeeded ? 1 : 0;
            failed += end.State == JobState.Failed ? 1 : 0;
            outside.Remove(end.Id);
            ForgetProgress(end.Id);
            endedSince++;
            endedEarly?.Add(end.Id);
            ends.Happened(end.Id);
            changes.Happened(end.Id);
        }

        HearthMetrics.End(gauge.Queue, succeeded, failed, batch.Ends.Count - succeeded - failed);
        Follow(batch.Attempts.Memory.Span);
        Follow(batch.Leases.Memory.Span);
        Follow(batch.Permits.Memory.Span);
        RingAfterSilence();
        ArmTimer();
        CheckpointWhenDue();
        Show();
    }

    private void Show()
    {
        var (ready, oldest) = (0, 0L);
        foreach (var queue in memory.Queues)
        {
            ready += queue.Count;
            if (queue.First is { } first && (oldest == 0 || first.Id.UnixMilliseconds < oldest))
                oldest = first.Id.UnixMilliseconds;
        }

        (gauge.Ready, gauge.Scheduled, gauge.Busy, gauge.Oldest) = (ready, memory.Parked, Math.Max(0, memory.Open - memory.Parked - ready), oldest);
    }

    private void Accept(ReadOnlySpan<JobRow> rows)
    {
        var now = store.Now;
        if (rows.Length > 0)
            HearthMetrics.Accepted(gauge.Queue, rows.Length);
        FunctionQueue? rung = null;
        foreach (ref readonly var row in rows)
        {
            // Ids that the inbox minted are in no order.
            if (row.Id.Counter < JobId.CounterEnd)
                lastStored = row.Id;
            if (memory.Accept(row, now) is not { } job || job.Queue == rung)
                continue;
            rung = job.Queue;
            Ring(rung);
        }

        UseKeys();
    }

    private void Follow(ReadOnlySpan<JobAttemptRow> attempts)
    {
        List<JobEntry>? returned = null;
        foreach (ref readonly var attempt in attempts)
        {
            changes.Happened(attempt.Id);
            if (attempt.Kind == AttemptKind.Started || memory.Find(attempt.Id) is not { } job)
                continue;
            outside.Remove(job.Id);
            job.IsChanging = false;
            job.IsDoubtful = job.Crashes > 0;
            if (attempt.RetryAt is not { } next)
            {
                (returned ??= []).Add(job);
                continue;
            }

            if (attempt.Kind == AttemptKind.Failed)
                job.Failures++;
            StartAgainAt(job, attempt.Kind == AttemptKind.Failed ? JobState.Retrying : JobState.Scheduled, next.UtcTicks);
        }

        if (returned is not null)
            LineUpFirst(returned);
    }

    /// <param name="job">A job that waits for its next attempt.</param>
    /// <param name="state">Retrying after a failure; scheduled when it was snoozed.</param>
    /// <param name="at">When it is due, in ticks.</param>
    private void StartAgainAt(JobEntry job, JobState state, long at)
    {
        job.State = state;
        memory.Retries.Add(job.Id, at);
    }

    /// <summary>Back to where they were: before all others, the oldest first.</summary>
    private void LineUpFirst(List<JobEntry> jobs)
    {
        foreach (var job in jobs.OrderByDescending(job => job.Id))
        {
            memory.Line(job, isFirst: true);
            RingFor(job);
        }
    }

    /// <summary>The rows of a batch are not stored: what they were to change goes on as it was.</summary>
    private void OnFailed(JournalBatch batch, Exception error)
    {
        watch.Failed(error);
        foreach (ref readonly var end in batch.Ends.Memory.Span)
            GoOn(end.Id);
        foreach (ref readonly var attempt in batch.Attempts.Memory.Span)
        {
            if (attempt.Kind != AttemptKind.Started)
                GoOn(attempt.Id);
        }

        foreach (ref readonly var lease in batch.Leases.Memory.Span)
            FailLease(lease);
        Fail(batch.Permits.Memory.Span);

        RingAfterSilence();
        ArmTimer();
    }

    private void GoOn(JobId id)
    {
        var soon = (store.Now + RecoveryPause).UtcTicks;
        memory.FailEnd(id, soon);
        if (memory.Find(id) is not { IsChanging: true } job)
            return;
        job.IsChanging = false;
        if (job.State == JobState.Running)
        {
            // Its silo may have gone while it changed.
            if (job.Holder == Holders.Nowhere)
                Lose(job);
            return;
        }

        // Not at once: what could not be written now would be tried again at once, and again.
        if (job.Crashes >= JobLimits.CrashesMax)
            StartAgainAt(job, JobState.Retrying, soon);
        else if (job.State == JobState.Ready)
            memory.Line(job, isFirst: true);
        if (job.ExpiresAt != 0 && job.ExpiresAt <= soon)
            memory.Expiries.Add(id, soon);
        ringAllAt = Math.Min(ringAllAt, soon);
    }

    private void OnLost(Exception? error)
    {
        if (isLost)
            return;
        isLost = true;
        LogLost(logger, Key, claim.Epoch, error);
        HearthMetrics.ShardLost();
        // The activation ends when its calls have: none may wait for what only the next owner will know.
        _ = leaving.CancelAsync();
        ends.Close();
        changes.Close();
        tail.Close();
        outsideBell.Close();
        bell.Wake(Key);
        DeactivateOnIdle();
    }

    private void RingFor(JobEntry job)
    {
        if (job.Crashes > 0)
            RingSuspects(job.Queue.Function);
        else
            Ring(job.Queue);
    }

    private void RingAll()
    {
        ringAllAt = long.MaxValue;
        keeper?.Call();
        if (definition.Paused)
            return;
        foreach (var function in memory.Suspects.Select(job => job.Queue.Function).Distinct())
            RingSuspects(function);
        foreach (var queue in memory.Queues)
        {
            if (queue.HasOffers)
                Ring(queue);
        }
    }

    /// <summary>Pumps that asked while nothing might start have gone.</summary>
    private void RingAfterSilence()
    {
        if (!wasSilent || IsSilent)
            return;
        wasSilent = false;
        RingAll();
    }

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} is given up: its owner is another since epoch {Epoch}, or the store could not tell")]
    private static partial void LogLost(ILogger logger, string shard, long epoch, Exception? error);
}
