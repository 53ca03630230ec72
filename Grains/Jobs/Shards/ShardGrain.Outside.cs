using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Workers outside of the cluster. (1) A lease's row is committed, then the job is handed out. (2) Renewals are rows too. (3) An end is decided as
/// that of a pump's run is, if the lease stands on the store's clock. (4) A lease that runs out fails its attempt. A new owner reads the leases, so
/// that the workers never notice; and as what they run is on record, it is never doubted.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <summary>Payloads handed out at once, in bytes.</summary>
    private const long OutsideBytes = 16 << 20;

    private readonly OutsideLeases outside = new();
    private readonly OutsideBell outsideBell = new();

    public async Task<OutsideJob[]> LeaseOutsideAsync(OutsideAsk ask)
    {
        List<JobEntry> taken = MayStart() ? TakeOutside(ask) : [];
        if (taken.Count == 0 && grants is not null && await GetStartsAsync(ask.Functions.Any(IsLinedUp), "") && MayStart())
            taken = TakeOutside(ask);
        if (taken.Count > 0)
            return await ThenConfigureAsync(LeaseOutsideAsync(taken, ask));
        ReturnUnused();
        return [];
    }

    private async Task<OutsideJob[]> LeaseOutsideAsync(List<JobEntry> taken, OutsideAsk ask)
    {
        Dictionary<JobId, JobSpec> read;
        try
        {
            read = await ReadMissingAsync(taken);
        }
        catch
        {
            GiveBack(taken, areMarked: false);
            throw;
        }

        GiveBackBeyond(taken, job => job.Spec ?? read.GetValueOrDefault(job.Id));
        if (MayStart())
            return await LeaseOutsideAsync(taken, read, ask);
        GiveBack(taken, areMarked: false);
        return [];
    }

    public Task ReadyOutsideAsync(IReadOnlyList<string> functions, CancellationToken cancellationToken) =>
        MayStart() && functions.Any(HasReady) ? Task.CompletedTask : outsideBell.WaitAsync(functions, cancellationToken);

    public async Task<DateTimeOffset?[]> RenewOutsideAsync(HeldAttempt[] held, TimeSpan lease)
    {
        var until = new DateTimeOffset?[held.Length];
        await DecideAllAsync(held.Length, i => TryRenew(held[i], lease, out until[i]));
        // What was renewed may have ended while the row was on its way.
        for (var i = 0; i < held.Length; i++)
            until[i] = until[i] is null ? null : outside.Find(held[i].Id, held[i].Attempt)?.Until;
        return until;
    }

    public async Task<bool[]> CompleteOutsideAsync(JobResult[] results)
    {
        var accepted = new bool[results.Length];
        try
        {
            await DecideAllAsync(
                results.Length, i => TryComplete(results[i], out accepted[i]),
                before: () => PrepareLettersAsync([.. results.Select(result => outside.Find(result.Id, result.Attempt) is { } lease ? ToDecide(lease, result) : result)]));
        }
        finally
        {
            DropLetters(results);
        }

        return accepted;
    }

    private void Ring(FunctionQueue queue)
    {
        if (definition.Paused)
            return;
        bell.Ring(Key, queue);
        outsideBell.Ring(queue.Function);
    }

    private void RingSuspects(string function)
    {
        if (definition.Paused)
            return;
        if (bell.RingSuspects(Key, function))
        {
            ringAllAt = Math.Min(ringAllAt, (store.Now + RingAgain).UtcTicks);
            ArmTimer();
        }

        outsideBell.Ring(function);
    }

    private bool IsLinedUp(string function) =>
        memory.QueueOf(function)?.HasOffers == true || memory.Suspects.Any(job => !job.IsChanging && job.Queue.Function == function);

    private bool HasReady(string function) =>
        limits is null
            ? memory.QueueOf(function)?.Count > 0 || memory.Suspects.Any(job => !job.IsChanging && job.Queue.Function == function)
            : HasReadyWithin(limits, function);

    private List<JobEntry> TakeOutside(OutsideAsk ask)
    {
        var (taken, bytes, now) = (new List<JobEntry>(), 0L, store.Now);
        var max = limits is null ? ask.Max : RoomFor(ask.Max, Holders.Outside);
        while (taken.Count < max && bytes < OutsideBytes && NextOf(ask.Functions) is { } job)
        {
            if (IsExpired(job, now))
            {
                Expire(job, now);
                continue;
            }

            Start(job, now, Holders.Outside);
            taken.Add(job);
            bytes += job.Spec is { } spec ? PayloadBudget.BytesOf(spec) : Math.Min(bytesEach, OutsideBytes / ReadUnknown);
        }

        _ = journal.WriteAsync();
        return taken;
    }

    /// <summary>The next ready job. One that may have killed a silo can go out as well: a worker cannot kill one.</summary>
    private JobEntry? NextOf(IReadOnlyList<string> functions)
    {
        foreach (var function in functions)
        {
            if (memory.QueueOf(function)?.Take(Holders.Outside) is { } job)
                return job;
            if (TakeSuspect([function], Holders.Outside) is { } suspect)
                return suspect;
        }

        return null;
    }

    private async Task<Dictionary<JobId, JobSpec>> ReadMissingAsync(List<JobEntry> taken)
    {
        var needed = taken.Where(job => job.Spec is null).Select(job => job.Id).ToList();
        return needed.Count == 0 ? [] : await ReadRowsAsync(needed, needed);
    }

    private async Task<OutsideJob[]> LeaseOutsideAsync(List<JobEntry> taken, Dictionary<JobId, JobSpec> read, OutsideAsk ask)
    {
        var until = store.Now + ask.Lease;
        var handed = new List<(JobEntry Job, OutsideJob Out)>(taken.Count);
        foreach (var job in taken)
        {
            if (job.State != JobState.Running)
                limits?.Release(job);
            else if (job.IsChanging)
                Unstart(job); // being cancelled: should that not succeed, it is lined up then
            else if ((job.Spec ?? read.GetValueOrDefault(job.Id)) is { } stored && AsRun(stored) is var spec)
                handed.Add((job, new OutsideJob(new JobLease(job.Id, job.Attempt, claim.Epoch, spec), LeaseTo(job, spec, until, ask.Worker))));
            else
                EndDamaged(job);
        }

        await journal.WriteAsync();
        OutsideJob[] given = [.. handed.Where(h => IsHandedOut(h.Job)).Select(h => h.Out)];
        // Limits may have asked for permits.
        _ = journal.WriteAsync();
        return given;
    }

    /// <summary>The journal has the row.</summary>
    private DateTimeOffset LeaseTo(JobEntry job, JobSpec spec, DateTimeOffset until, string worker)
    {
        var row = new JobLeaseRow(job.Id, job.Attempt, 1, new DateTimeOffset(job.StartedAt, TimeSpan.Zero), until, worker);
        job.IsChanging = true;
        outside.Add(row, spec.Options?.Retry);
        journal.Gathering.Leases.Add(row);
        return until;
    }

    /// <summary>Decides about each; about those that somebody else is deciding about, or that are not recovered yet, when that is over.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="tryDecide">False: not now.</param>
    /// <param name="before">What has to be done before anything can be decided; null: nothing.</param>
    private async Task DecideAllAsync(int count, Func<int, bool> tryDecide, Func<Task>? before = null)
    {
        var rest = Enumerable.Range(0, count).ToList();
        while (true)
        {
            var unwritten = before is null || definition.DeadLetters is null ? null : await TryPrepareAsync(before);
            rest.RemoveAll(i => tryDecide(i));
            await journal.WriteAsync();
            if (rest.Count == 0)
                return;
            unwritten?.Throw();
            await RecoveredAsync();
            await journal.CatchUpAsync();
        }
    }

    private bool TryRenew(HeldAttempt held, TimeSpan lease, out DateTimeOffset? until)
    {
        until = null;
        if (FindOutside(held.Id, held.Attempt, out var isDecidable) is not { } found)
            return isDecidable;
        var wanted = store.Now + lease;
        if (wanted > found.Until)
            journal.Gathering.Leases.Add(outside.Renew(held.Id, wanted));
        until = found.Until;
        return true;
    }

    private bool TryComplete(in JobResult result, out bool isAccepted)
    {
        isAccepted = false;
        if (FindOutside(result.Id, result.Attempt, out var isDecidable) is not { } lease)
            return isDecidable;
        var ended = ToDecide(lease, result);
        if (LacksLetter(ended))
            return false;
        Decide(memory.Find(result.Id)!, ended);
        return isAccepted = true;
    }

    /// <summary>The lease of an attempt, if it stands and something can be decided about its job now.</summary>
    private OutsideLease? FindOutside(JobId id, int attempt, out bool isDecidable)
    {
        var job = memory.Find(id);
        isDecidable = job is null ? isRecovered : !job.IsChanging;
        return job is { IsChanging: false, State: JobState.Running } && outside.Find(id, attempt) is { } lease && lease.Until >= store.Now ? lease : null;
    }

    /// <summary>What a worker told, with what only the shard knows: its times, and the policy that counts.</summary>
    private JobResult ToDecide(OutsideLease lease, in JobResult result) => result with
    {
        StartedAt = lease.StartedAt,
        EndedAt = store.Now,
        Extras = (result.Extras ?? AttemptExtras.None) with
        {
            Retry = lease.Retry ?? (memory.Find(result.Id) is { } job ? functions.Find(job.Queue.Function)?.Options.Retry : null),
        },
    };

    /// <summary>Fails the attempts whose leases have run out; the journal has the rows.</summary>
    private void FailExpired(DateTimeOffset now)
    {
        while (outside.TryTake(now.UtcTicks, RecoveryPause, out var id))
        {
            // What is being decided about it may fail: then it is looked at again.
            if (memory.Find(id) is not { IsChanging: false, State: JobState.Running } job || outside.Find(id) is not { } lease || lease.Until >= now)
                continue;
            var expired = ToDecide(lease, new JobResult(
                id, lease.Attempt, AttemptOutcome.Failed, default, default,
                Error: $"The lease of worker '{lease.Worker}' ran out before it told how the attempt went.", ErrorType: "lease-expired"));
            if (MayBeLast(expired))
                FailWithLetter(job, expired, () => Decide(job, expired));
            else
                Decide(job, expired);
        }
    }

    private void Follow(ReadOnlySpan<JobLeaseRow> leases)
    {
        foreach (ref readonly var row in leases)
        {
            outside.Stored(row);
            if (row.Number > 1 || memory.Find(row.Id) is not { } job)
                continue;
            // The worker has it now, and its number is on record. Should it come back, its row is read again.
            memory.Drop(job);
            (job.IsChanging, job.IsDoubtful, job.ExpiresAt) = (false, false, 0);
        }
    }

    private void FailLease(in JobLeaseRow row)
    {
        if (row.Number > 1)
        {
            outside.Unrenew(row);
            return;
        }

        outside.Remove(row.Id);
        if (memory.Find(row.Id) is { IsChanging: true } job)
            Unstart(job);
        GoOn(row.Id);
    }

    /// <summary>Leaves jobs with the workers whose leases stand, or did until a moment ago: those that have run out fail soon.</summary>
    /// <returns>The ids of these jobs.</returns>
    private async Task<HashSet<JobId>> RecoverOutsideAsync(IReadOnlyList<OpenJob> found)
    {
        var rows = (await store.LeasesAsync(claim.Number, [.. found.Select(job => job.Id)], leaving.Token)).ToDictionary(row => row.Id);
        // An attempt about which something is on record is over.
        var leased = found.Where(job => rows.TryGetValue(job.Id, out var row) && row.Attempt > job.Attempt).ToList();
        foreach (var some in leased.Chunk(ReadUnknown))
        {
            var specs = await ReadRowsAsync([.. some.Select(job => job.Id)], [.. some.Select(job => job.Id)]);
            foreach (var job in some)
                RecoverOutside(job, rows[job.Id], specs.TryGetValue(job.Id, out var spec) ? AsRun(spec).Options?.Retry : null);
        }

        return [.. leased.Select(job => job.Id)];
    }

    private void RecoverOutside(in OpenJob found, in JobLeaseRow row, RetryPolicy? retry)
    {
        var job = Add(found);
        (job.Holder, job.State, job.Attempt, job.StartedAt) = (Holders.Outside, JobState.Running, row.Attempt, row.StartedAt.UtcTicks);
        outside.Add(row, retry);
    }
}
