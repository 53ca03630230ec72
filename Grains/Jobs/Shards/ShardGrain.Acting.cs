namespace Hearth.Jobs;

/// <summary>Cancelling, expiring, looking and waiting.</summary>
internal sealed partial class ShardGrain
{
    private readonly Dictionary<JobId, Task<ActOutcome?>> cancelling = [];

    public async Task<ActOutcome> CancelAsync(JobId id)
    {
        if (id.Shard != claim.Number)
            return new ActOutcome(ActResult.Unknown, id);
        while (true)
        {
            if (memory.Find(id) is { IsChanging: false } job)
                return await CancelAsync(job);
            if (memory.Find(id) is not null)
                await journal.CatchUpAsync();
            else if (await CancelElsewhereAsync(id) is { } outcome)
                return outcome;
        }
    }

    public Task<OpenJobView[]> OpenAsync(JobId[] ids) => Task.FromResult<OpenJobView[]>(
        [.. ids.Select(memory.Find).OfType<JobEntry>().Select(ViewOf)]);

    public Task<OpenJobView[]> ListOpenAsync(OpenJobFilter filter)
    {
        // The newest ones below: a heap of as many as are asked for, with the oldest of them on top.
        var newest = new PriorityQueue<OpenJobView, JobId>();
        foreach (var job in memory.Entries)
        {
            if ((filter.State is null || job.State == filter.State) && (filter.Function is null || job.Queue.Function == filter.Function))
                Add(ViewOf(job));
        }

        if (filter.State is null or JobState.Scheduled)
        {
            foreach (var id in memory.ParkedIds)
                Add(new OpenJobView(id, JobState.Scheduled, 0, null));
        }

        return Task.FromResult<OpenJobView[]>([.. newest.UnorderedItems.Select(i => i.Element).OrderByDescending(v => v.Id)]);

        void Add(OpenJobView view)
        {
            if (filter.Below is { } below && view.Id >= below)
                return;
            newest.Enqueue(view, view.Id);
            if (newest.Count > filter.Limit)
                newest.Dequeue();
        }
    }

    public Task WaitAsync(JobId id, CancellationToken cancellationToken) => ends.WaitAsync(id, () => IsOpenAsync(id), cancellationToken);

    public Task ChangeAsync(JobId id, CancellationToken cancellationToken) => changes.WaitAsync(id, () => IsOpenAsync(id), cancellationToken);

    private OpenJobView ViewOf(JobEntry job) => new(
        job.Id, job.State, job.Attempt, job.State == JobState.Running ? new DateTimeOffset(job.StartedAt, TimeSpan.Zero) : null, ProgressOf(job),
        job.State == JobState.Running ? holders.NameOf(job.Holder) : null);

    private async Task<bool> IsOpenAsync(JobId id) =>
        memory.Find(id) is not null || await store.FindAsync(id, CancellationToken.None) is { HasEnded: false };

    private async Task<ActOutcome> CancelAsync(JobEntry job)
    {
        var next = JobTransitions.Next(job.State, JobEvent.Cancelled)!.Value;
        DateTimeOffset? startedAt = job.State == JobState.Running ? new DateTimeOffset(job.StartedAt, TimeSpan.Zero) : null;
        // Its place may be another's by the time that the end is stored.
        var holder = holders.NameOf(job.Holder);
        job.IsChanging = true;
        journal.Gathering.Ends.Add(new JobEnd(job.Id, next, job.Attempt, startedAt, store.Now, default, null, "Cancelled.", "cancelled"));
        await journal.WriteAsync();
        if (startedAt is not null && holder is not null)
            await bell.CancelAsync(Key, job.Id, holder);
        return new ActOutcome(ActResult.Done, job.Id);
    }

    /// <summary>A job that is not in memory: parked, ended, not recovered yet, or none. Null: now it is.</summary>
    private async Task<ActOutcome?> CancelElsewhereAsync(JobId id)
    {
        await RecoveredAsync();
        if (memory.Find(id) is not null)
            return null;
        if (cancelling.TryGetValue(id, out var same))
            return await same;
        var cancelled = CancelParkedAsync(id);
        cancelling.Add(id, cancelled);
        try
        {
            return await cancelled;
        }
        finally
        {
            cancelling.Remove(id);
        }
    }

    private async Task<ActOutcome?> CancelParkedAsync(JobId id)
    {
        memory.LookAt(id);
        bool isParked;
        JobView? known;
        try
        {
            known = await store.FindAsync(id, CancellationToken.None);
        }
        finally
        {
            isParked = memory.LookAway(id);
        }

        if (known is null)
            return new ActOutcome(ActResult.Unknown, id);
        if (known.HasEnded)
            return new ActOutcome(ActResult.HadEnded, id);
        if (!isParked)
            return null;
        // The other who ends it has found its row damaged.
        if (!memory.BeginEnd(id))
        {
            await journal.CatchUpAsync();
            return null;
        }

        journal.Gathering.Ends.Add(new JobEnd(id, JobState.Cancelled, 0, null, store.Now, default, null, "Cancelled.", "cancelled"));
        await journal.WriteAsync();
        return new ActOutcome(ActResult.Done, id);
    }

    private static bool IsExpired(JobEntry job, DateTimeOffset now) => job.ExpiresAt != 0 && job.ExpiresAt <= now.UtcTicks;

    /// <summary>The journal has the row.</summary>
    private void Expire(JobEntry job, DateTimeOffset now)
    {
        job.IsChanging = true;
        journal.Gathering.Ends.Add(new JobEnd(
            job.Id, JobTransitions.Next(job.State, JobEvent.Expired)!.Value, 0, null, now, default, null,
            "It was not started before it expired.", "expired"));
    }
}
