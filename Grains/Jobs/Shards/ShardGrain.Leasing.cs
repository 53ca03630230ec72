using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Handing jobs to pumps, and hearing how they went.</summary>
internal sealed partial class ShardGrain
{
    /// <summary>A shard that has not heard of a write for so long does not start anything: it may not be the owner any more.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(2);

    /// <summary>Leases that took longer are not handed out: whoever asked may have given up, and they would run nowhere.</summary>
    private static readonly TimeSpan LeaseTimeMax = TimeSpan.FromSeconds(10);

    private bool IsSilent => journal.BusySince is { } since && store.Now - since > SilenceMax;

    public async Task<JobLease[]> LeaseAsync(string function, int max, PumpCall pump)
    {
        if (memory.QueueOf(function) is not { } queue)
        {
            ReturnUnused();
            return [];
        }

        var taken = TakeFor(queue, max, pump);
        if (taken.Count == 0 && grants is not null && await GetStartsAsync(queue.HasOffers, pump.Silo))
            taken = TakeFor(queue, max, pump);
        if (taken.Count > 0)
            return await ThenConfigureAsync(LeaseAsync(queue, taken, pump, function));
        ReturnUnused();
        return [];
    }

    public async Task<JobLease?> LeaseSuspectAsync(IReadOnlyCollection<string> functions, PumpCall pump)
    {
        var suspect = TakeSuspectFor(functions, pump);
        if (suspect is null && grants is not null && await GetStartsAsync(memory.Suspects.Any(job => functions.Contains(job.Queue.Function)), pump.Silo))
            suspect = TakeSuspectFor(functions, pump);
        if (suspect is not null)
            return await ThenConfigureAsync(LeaseAsync(suspect.Queue, [suspect], pump, null)) is [var lease] ? lease : null;
        ReturnUnused();
        return null;
    }

    public async Task CompleteAsync(JobResult[] results)
    {
        try
        {
            for (var rest = results; rest.Length > 0;)
            {
                var some = rest;
                var unwritten = definition.DeadLetters is null ? null : await TryPrepareAsync(() => PrepareLettersAsync(some));
                rest = Decide(rest);
                await journal.WriteAsync();
                if (rest.Length == 0)
                    return;
                unwritten?.Throw();
                // Somebody else was deciding about these, or they are not recovered yet.
                await RecoveredAsync();
                await journal.CatchUpAsync();
            }
        }
        finally
        {
            DropLetters(results);
        }
    }

    /// <summary>Silence is asked for first, whatever else holds: who is refused for it must be rung again.</summary>
    private bool MayStart() => !IsSilentNow() && !isLost && !isMoving && !definition.Paused && !isToConfigure;

    private bool IsSilentNow()
    {
        // Asked once: those who ask are called again after it, and time goes by.
        var isSilent = IsSilent;
        wasSilent |= isSilent;
        return isSilent;
    }

    private List<JobEntry> TakeFor(FunctionQueue queue, int max, PumpCall pump) =>
        MayStart() && MayHold(pump, queue.Function) ? Take(queue, max, holders.PlaceOf(pump.Silo)) : [];

    private JobEntry? TakeSuspectFor(IReadOnlyCollection<string> functions, PumpCall pump)
    {
        if (!MayStart() || !MayHold(pump, null))
            return null;
        var silo = holders.PlaceOf(pump.Silo);
        var suspect = TakeSuspect(functions, silo);
        if (suspect is not null)
            Start(suspect, store.Now, silo);
        return suspect;
    }

    private List<JobEntry> Take(FunctionQueue queue, int max, byte holder)
    {
        if (limits is not null && (max = RoomFor(max, holder)) == 0)
            return [];
        var now = store.Now;
        var (taken, bytes) = (new List<JobEntry>(Math.Min(max, queue.Count)), 0L);
        while (taken.Count < max && bytes < JobLimits.LeaseBytesMax && queue.Take(holder) is { } job)
        {
            if (IsExpired(job, now))
            {
                Expire(job, now);
                continue;
            }

            Start(job, now, holder);
            taken.Add(job);
            bytes += job.Spec is { } spec ? PayloadBudget.BytesOf(spec) : Math.Min(bytesEach, JobLimits.LeaseBytesMax / ReadUnknown);
        }

        // Whoever gets fewer than asked for takes it that there are no more.
        if (queue.EndTaking() && taken.Count < max)
            Ring(queue);

        Show();
        _ = journal.WriteAsync();
        return taken;
    }

    private void Start(JobEntry job, DateTimeOffset now, byte holder)
    {
        job.Holder = holder;
        job.State = JobTransitions.Next(job.State, JobEvent.Leased)!.Value;
        job.Attempt = job.NextAttempt;
        job.StartedAt = now.UtcTicks;
        limits?.Reserve(job);
        ForgetProgress(job.Id);
        changes.Happened(job.Id);
    }

    private async Task<JobLease[]> LeaseAsync(FunctionQueue queue, List<JobEntry> taken, PumpCall pump, string? function)
    {
        var since = clock.GetTimestamp();
        var areMarked = false;
        leasing.Add(taken);
        try
        {
            // The mark comes last: one that no run follows would count as a silo that died.
            var read = await ReadAsync(queue, taken);
            GiveBackBeyond(taken, job => job.Spec ?? read?.GetValueOrDefault(job.Id));
            areMarked = await MarkAsync(taken);
            if (MayStart() && MayHold(pump, function) && clock.GetElapsedTime(since) < LeaseTimeMax)
            {
                var leases = Lease(taken, read);
                if (leases.Length < taken.Count)
                    RingBehind(queue, function);
                return leases;
            }
        }
        catch
        {
            GiveBack(taken, areMarked);
            throw;
        }
        finally
        {
            leasing.Remove(taken);
        }

        GiveBack(taken, areMarked);
        RingBehind(queue, function);
        return [];
    }

    /// <summary>
    /// Some that were taken are not handed out: cancelled meanwhile, or damaged. Whoever gets fewer than he asked for takes it that there are no more, and
    /// those behind these would wait until somebody else rings.
    /// </summary>
    private void RingBehind(FunctionQueue queue, string? function)
    {
        if (function is null)
            RingAll();
        else if (queue.HasOffers)
            Ring(queue);
    }

    /// <summary>The run may touch nothing before its start is on record, or a job that kills its silo would do so for ever.</summary>
    private async Task<bool> MarkAsync(List<JobEntry> taken)
    {
        var now = store.Now;
        var isAny = false;
        foreach (var job in taken)
        {
            if (!job.IsDoubtful || job.IsChanging || job.State != JobState.Running)
                continue;
            journal.Gathering.Attempts.Add(new JobAttemptRow(job.Id, job.Attempt, AttemptKind.Started, now));
            isAny = true;
        }

        if (isAny)
            await journal.WriteAsync();
        return isAny;
    }

    private JobLease[] Lease(List<JobEntry> taken, Dictionary<JobId, JobSpec>? read)
    {
        var (leases, count) = (new JobLease[taken.Count], 0);
        foreach (var job in taken)
        {
            if (job.State != JobState.Running)
            {
                limits?.Release(job);
                continue;
            }

            var spec = job.Spec ?? read?.GetValueOrDefault(job.Id);
            if (job.IsChanging)
            {
                // Being cancelled: should that not succeed, it is lined up then.
                Unstart(job);
            }
            else if (spec is null)
            {
                EndDamaged(job);
            }
            else if (limits?.TryHandOut(job) == false)
            {
                GiveBackLate(job);
            }
            else
            {
                // The pump has it now. Should it come back, its row is read again.
                memory.Drop(job);
                job.ExpiresAt = 0;
                leases[count++] = new JobLease(job.Id, job.Attempt, claim.Epoch, AsRun(spec));
            }
        }

        _ = journal.WriteAsync();
        return count == leases.Length ? leases : leases[..count];
    }

    /// <summary>The answer has bounds on its way to another silo, and nobody knows what jobs weigh before they are read.</summary>
    private void GiveBackBeyond(List<JobEntry> taken, Func<JobEntry, JobSpec?> read)
    {
        var (count, bytes) = (0, 0L);
        while (count < taken.Count && (count == 0 || bytes + WeightOf(taken[count]) <= JobLimits.LeaseBytesMax))
            bytes += WeightOf(taken[count++]);
        if (count == taken.Count)
            return;
        var beyond = taken[count..];
        taken.RemoveRange(count, beyond.Count);
        GiveBack(beyond, areMarked: false);

        long WeightOf(JobEntry job) => read(job) is { } spec ? PayloadBudget.BytesOf(spec) : 0;
    }

    /// <summary>None of these was handed out.</summary>
    private void GiveBack(List<JobEntry> taken, bool areMarked)
    {
        var back = new List<JobEntry>(taken.Count);
        foreach (var job in taken)
        {
            limits?.Release(job);
            if (job.State != JobState.Running)
                continue;
            if (areMarked && job.IsDoubtful && !job.IsChanging)
            {
                NoteReturned(job, store.Now);
                continue;
            }

            Unstart(job);
            if (!job.IsChanging)
                back.Add(job);
        }

        LineUpFirst(back);
        _ = journal.WriteAsync();
    }

    /// <summary>The attempt was not handed out, so its number is free: a new owner takes one more than is on record to be used, not two.</summary>
    private void Unstart(JobEntry job)
    {
        limits?.Release(job);
        job.State = JobTransitions.Next(job.State, JobEvent.Returned)!.Value;
        job.Attempt--;
    }

    private void NoteReturned(JobEntry job, DateTimeOffset now)
    {
        job.State = JobTransitions.Next(job.State, JobEvent.Returned)!.Value;
        job.IsChanging = true;
        journal.Gathering.Attempts.Add(new JobAttemptRow(job.Id, job.Attempt, AttemptKind.Returned, now));
    }

    /// <summary>Decides what becomes of the jobs; the journal has the rows.</summary>
    /// <returns>Those about which nothing can be decided now.</returns>
    private JobResult[] Decide(JobResult[] results)
    {
        List<JobResult>? later = null;
        journal.Gathering.Ends.MakeRoom(results.Length);
        foreach (ref readonly var result in results.AsSpan())
        {
            if (memory.Find(result.Id) is not { } job)
            {
                if (!isRecovered)
                    (later ??= []).Add(result);
            }
            else if (job.IsChanging || LacksLetter(result))
            {
                (later ??= []).Add(result);
            }
            else if (job.Attempt == result.Attempt)
            {
                Decide(job, result);
            }
        }

        return later?.ToArray() ?? [];
    }

    private void Decide(JobEntry job, in JobResult result)
    {
        var retries = result.Outcome == AttemptOutcome.Failed
            && Retries.AreLeft(result.Retry, job.Failures + 1, result.ErrorType);
        var happened = result.Outcome switch
        {
            AttemptOutcome.Succeeded => JobEvent.Succeeded,
            AttemptOutcome.Returned => JobEvent.Returned,
            AttemptOutcome.Snoozed => JobEvent.Snoozed,
            AttemptOutcome.Discarded => JobEvent.Discarded,
            _ => retries ? JobEvent.FailedForNow : JobEvent.FailedForGood,
        };
        if (JobTransitions.Next(job.State, happened) is not { } next)
            return;
        job.IsChanging = true;
        KeepLog(result);
        HoldBack(job, result);
        Judge(job, result);
        if (next.HasEnded())
        {
            AddEnd(new JobEnd(
                job.Id, next, job.Attempt, result.StartedAt, result.EndedAt, result.Result, result.ContentType, result.Error, result.ErrorType));
            return;
        }

        DateTimeOffset? retryAt = happened == JobEvent.Returned
            ? null
            : store.Now + (result.Extras?.Wait ?? Retries.Wait(result.Retry, job.Failures + 1, Random.Shared.NextDouble()));
        journal.Gathering.Attempts.Add(new JobAttemptRow(
            job.Id, job.Attempt, retries ? AttemptKind.Failed : AttemptKind.Returned, store.Now,
            result.StartedAt == default ? null : result.StartedAt, retryAt, result.Error, result.ErrorType));
    }
}
