using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// The open jobs of a shard, as far as they are in memory: an entry for each that is ready, running or retrying; those scheduled for later
/// are an id and a time, and get an entry when they are due. No I/O.
/// </summary>
internal sealed class ShardMemory
{
    private readonly PayloadBudget budget;
    private readonly Dictionary<JobId, JobEntry> entries = [];
    private readonly Dictionary<string, FunctionQueue> queues = new(StringComparer.Ordinal);
    private readonly KeyTable keys = new();
    private readonly TimedJobs starts;
    private readonly LinkedList<JobEntry> suspects = new();

    // Parked jobs are in no dictionary, so what happens to one meanwhile is noted here.
    private readonly HashSet<JobId> endedWhileParked = [];
    private readonly HashSet<JobId> waking = [];
    private readonly HashSet<JobId> ending = [];
    private readonly HashSet<JobId> lookedAt = [];
    private byte priority = JobOptions.Default.Priority;
    private ShardLimits? limits;
    private bool hasLeft;

    public ShardMemory(PayloadBudget budget)
    {
        this.budget = budget;
        starts = new TimedJobs(id => !endedWhileParked.Remove(id));
        Retries = new TimedJobs(id => Find(id) is { State: JobState.Retrying or JobState.Scheduled });
        Expiries = new TimedJobs(id => Find(id) is { ExpiresAt: not 0 });
    }

    /// <summary>The keys of open jobs.</summary>
    public KeyTable Keys => keys;

    /// <summary>Jobs that may have killed a silo.</summary>
    public IReadOnlyCollection<JobEntry> Suspects => suspects;

    /// <summary>When jobs that failed or were snoozed run again.</summary>
    public TimedJobs Retries { get; }

    /// <summary>When jobs that have not started end.</summary>
    public TimedJobs Expiries { get; }

    /// <summary>The next time, in ticks, at which something is due; null when there is none.</summary>
    public long? NextTime => new[] { starts.First, Retries.First, Expiries.First }.Min();

    /// <summary>Jobs scheduled for later, which have no entry.</summary>
    public int Parked { get; private set; }

    /// <summary>Jobs that have not ended.</summary>
    public int Open => entries.Count + Parked;

    public IReadOnlyCollection<JobEntry> Entries => entries.Values;

    public JobEntry? Find(JobId id) => entries.GetValueOrDefault(id);

    public FunctionQueue? QueueOf(string function) => queues.GetValueOrDefault(function);

    public IEnumerable<FunctionQueue> Queues => queues.Values;

    /// <summary>Says which priority jobs have that name none, those that wait among them.</summary>
    /// <param name="ofJobs">Null: the middle one.</param>
    public void SetPriority(byte? ofJobs)
    {
        priority = ofJobs ?? JobOptions.Default.Priority;
        foreach (var queue in queues.Values)
            queue.Reline(priority);
    }

    /// <summary>Takes in a job for now or later.</summary>
    /// <returns>Its entry; null when it is parked, or known already.</returns>
    public JobEntry? Accept(in JobRow row, DateTimeOffset now)
    {
        if (row.Spec.Options?.DueAt is { } dueAt && dueAt > now)
        {
            Park(row.Id, dueAt);
            return null;
        }

        if (Add(row.Id, row.Spec.Function) is not { } job)
            return null;
        Describe(job, row.Spec);
        Line(job);
        return job;
    }

    public void Park(JobId id, DateTimeOffset dueAt)
    {
        starts.Add(id, dueAt.UtcTicks);
        Parked++;
    }

    /// <summary>The next parked job that is due, whose row is to be read; it stays parked until <see cref="Wake"/> or <see cref="Sleep"/>.</summary>
    public bool TryWake(long now, out JobId id)
    {
        while (starts.TryTake(now, out id))
        {
            if (endedWhileParked.Remove(id))
                continue;
            waking.Add(id);
            return true;
        }

        return false;
    }

    /// <summary>A parked job's row was found.</summary>
    /// <returns>False when it has ended meanwhile.</returns>
    public bool Wake(JobId id)
    {
        if (!waking.Remove(id))
            return false;
        lookedAt.Remove(id);
        Parked--;
        return true;
    }

    /// <summary>A parked job's row could not be read: later.</summary>
    public void Sleep(JobId id, long until)
    {
        if (waking.Remove(id))
            starts.Add(id, until);
    }

    /// <summary>The store is asked about a job that has no entry.</summary>
    public void LookAt(JobId id) => lookedAt.Add(id);

    /// <summary>The store has answered.</summary>
    /// <returns>Whether the job has got no entry meanwhile: if it is open, it is parked.</returns>
    public bool LookAway(JobId id) => lookedAt.Remove(id);

    /// <summary>The end of a parked job is on its way to the store.</summary>
    /// <returns>False when another is.</returns>
    public bool BeginEnd(JobId id) => ending.Add(id);

    public bool IsEnding(JobId id) => ending.Contains(id);

    public bool IsWaking(JobId id) => waking.Contains(id);

    /// <summary>The end of a parked job was not stored.</summary>
    public void FailEnd(JobId id, long until)
    {
        if (ending.Remove(id))
            Sleep(id, until);
    }

    /// <summary>Adds an entry, which is in no line yet.</summary>
    /// <returns>Null when there is one.</returns>
    public JobEntry? Add(JobId id, string function)
    {
        if (!queues.TryGetValue(function, out var queue))
            queues.Add(function, queue = new FunctionQueue(function, priority) { Limits = limits });
        var job = new JobEntry(id, queue);
        return entries.TryAdd(id, job) ? job : null;
    }

    /// <summary>Keeps what the job's row tells: its payload if there is room.</summary>
    public void Describe(JobEntry job, JobSpec spec)
    {
        if (spec.Options is { } options)
        {
            job.Priority = options.Priority;
            Expire(job, options.ExpiresAt);
            Name(job, options.Key, options.Unique?.Mode == UniqueMode.Latest);
        }

        Keep(job, spec);
    }

    public void Expire(JobEntry job, DateTimeOffset? at)
    {
        if (at is not { } time || job.ExpiresAt != 0)
            return;
        job.ExpiresAt = time.UtcTicks;
        Expiries.Add(job.Id, time.UtcTicks);
    }

    /// <summary>A job has a key.</summary>
    public void Name(JobEntry job, string? key, bool isAlone)
    {
        if (key is null || job.Group is not null)
            return;
        job.Group = keys.Enter(key);
        if (isAlone)
            keys.SetAlone(job.Group);
    }

    public void Keep(JobEntry job, JobSpec spec)
    {
        if (!hasLeft && job.Spec is null && budget.TryKeep(spec))
            job.Spec = spec;
    }

    /// <summary>Lines up a ready job: behind the others, or before them when it was there before.</summary>
    public void Line(JobEntry job, bool isFirst = false)
    {
        job.State = JobState.Ready;
        if (limits?.HasOrder == true && !KeyOrder.TryTurn(limits.GroupOf(job), job, isFirst))
            return;
        if (job.Crashes > 0)
            LineSuspect(job);
        else if (isFirst)
            job.Queue.AddFirst(job);
        else
            job.Queue.AddLast(job);
    }

    /// <summary>Takes a suspect out of its line.</summary>
    public void Unline(JobEntry suspect)
    {
        suspect.IsLined = false;
        suspects.Remove(suspect);
    }

    /// <summary>Forgets a job that has ended.</summary>
    /// <returns>The job behind it, whose turn it is now and which is to be lined up; null when none has waited for this.</returns>
    public JobEntry? End(in JobEnd end)
    {
        var wasParked = ending.Remove(end.Id);
        if (entries.Remove(end.Id, out var job))
        {
            job.State = end.State;
            if (job.Crashes == 0)
                job.Queue.Ended(job);
            else if (job.IsLined)
                Unline(job);
            Drop(job);
            if (job.Group is { } group)
                Leave(group);
            return limits?.HasOrder == true ? KeyOrder.Next(limits.GroupOf(job), job) : null;
        }

        if (wasParked)
        {
            if (!waking.Remove(end.Id))
                endedWhileParked.Add(end.Id);
            Parked--;
        }

        return null;
    }

    /// <summary>
    /// Forgets the payloads for good: the budget is the silo's, and outlives the shard's owner. The jobs stay: a call that is still under way
    /// would take one that is not here for ended, and an attempt that told its result for acknowledged.
    /// </summary>
    public void Leave()
    {
        hasLeft = true;
        foreach (var job in entries.Values)
            Drop(job);
    }

    /// <summary>Forgets a job's payload.</summary>
    public void Drop(JobEntry job)
    {
        if (job.Spec is not null)
            budget.Release(job.Spec);
        job.Spec = null;
    }

    /// <summary>Ids of all jobs that have not ended, in no order.</summary>
    public JobId[] OpenIds() => [.. entries.Keys, .. ParkedIds];

    /// <summary>Ids of the parked jobs, in no order.</summary>
    public IEnumerable<JobId> ParkedIds => starts.All.Concat(waking).Where(id => !endedWhileParked.Contains(id));

    /// <summary>Other limits, or none: all ready jobs line up anew.</summary>
    public void Use(ShardLimits? next)
    {
        limits = next;
        var lined = entries.Values.Where(job => job.IsLined).OrderBy(job => job.Id).ToList();
        suspects.Clear();
        foreach (var job in entries.Values)
            (job.IsLined, job.Next) = (false, null);
        foreach (var queue in queues.Values)
        {
            queue.Clear();
            queue.Limits = next;
        }

        if (next is null)
            keys.Forget();
        foreach (var job in entries.Values.Where(job => job.State == JobState.Running))
            next?.Moved(job, isRunning: true);
        if (next?.HasOrder == true)
            SetHeads(next);
        foreach (var job in lined.Where(job => job.State == JobState.Ready))
            Line(job);
    }

    /// <summary>Of each key the job that has begun goes before those that have not.</summary>
    private void SetHeads(ShardLimits next)
    {
        foreach (var job in entries.Values.Where(job => job.Attempt > 0 || job.State == JobState.Running))
        {
            var group = next.GroupOf(job);
            if (group.Head is not { } head || IsBefore(job, head))
                group.Head = job;
        }

        static bool IsBefore(JobEntry one, JobEntry other) => (one.State == JobState.Running) != (other.State == JobState.Running)
            ? one.State == JobState.Running
            : one.Id < other.Id;
    }

    private void Leave(KeyGroup group)
    {
        keys.Leave(group);
        limits?.Left(group);
    }

    private void LineSuspect(JobEntry job)
    {
        if (job.IsLined)
            return;
        job.IsLined = true;
        suspects.AddLast(job);
    }
}
