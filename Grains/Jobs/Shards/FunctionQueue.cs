namespace Hearth.Jobs;

/// <summary>The ready jobs of one function: five lines, first come first served in each.</summary>
internal sealed class FunctionQueue(string function, byte priority = 3)
{
    private const int Priorities = 5;
    private const int SweepMin = 4_096;

    private readonly Line[] lines = new Line[Priorities];
    private KeyedLines? keyed;
    private ShardLimits? limits;
    private int ended;
    private int isMarked;

    public string Function { get; } = function;

    /// <summary>That of jobs which name none, or the middle one.</summary>
    public byte Priority { get; private set; } = priority;

    /// <summary>Entries in the lines, those that are not ready any more among them.</summary>
    public int Count { get; private set; }

    /// <summary>Whether jobs can be had, as far as their keys are concerned; not those whose key is at a limit.</summary>
    public bool HasOffers => keyed is null ? Count > 0 : keyed.Offers > 0;

    /// <summary>What bounds the starts of its jobs; null: nothing. It is empty when that changes.</summary>
    public ShardLimits? Limits
    {
        get => limits;
        set => (limits, keyed) = (value, value?.IsKeyed == true ? new KeyedLines(this, value) : null);
    }

    /// <summary>Notes that other silos' pumps are to be rung. False: that was noted before.</summary>
    public bool TryMarkForOthers() => Volatile.Read(ref isMarked) == 0 && Interlocked.Exchange(ref isMarked, 1) == 0;

    /// <summary>They are about to be rung. Called from outside of the shard, as <see cref="Count"/> is then.</summary>
    public void UnmarkForOthers() => Volatile.Write(ref isMarked, 0);

    public void AddLast(JobEntry job)
    {
        if (job.IsLined)
            return;
        Enter(job);
        if (keyed is not null)
        {
            AddKeyed(job, isFirst: false);
            return;
        }

        ref var line = ref LineOf(job);
        job.Next = null;
        if (line.Last is null)
            line.First = job;
        else
            line.Last.Next = job;
        line.Last = job;
    }

    public void AddFirst(JobEntry job)
    {
        if (job.IsLined)
            return;
        Enter(job);
        if (keyed is not null)
        {
            AddKeyed(job, isFirst: true);
            return;
        }

        ref var line = ref LineOf(job);
        job.Next = line.First;
        line.First = job;
        line.Last ??= job;
    }

    /// <summary>The line of a job's priority; 0 goes first.</summary>
    public int LevelOf(JobEntry job) => Math.Clamp((job.Priority == JobOptions.Default.Priority ? Priority : job.Priority) - 1, 0, Priorities - 1);

    /// <summary>A job stands in a line, of this queue or of its key.</summary>
    public void Enter(JobEntry job)
    {
        job.IsLined = true;
        Count++;
    }

    /// <summary>It does not any more.</summary>
    public void Leave(JobEntry job)
    {
        if (job.State.HasEnded())
            ended = Math.Max(0, ended - 1);
        (job.Next, job.IsLined) = (null, false);
        Count--;
    }

    /// <summary>The key of a line is not at a limit any more.</summary>
    public void Return(KeyLine line) => keyed?.Return(line);

    /// <summary>Takes out the first that is still ready and may start on a silo. Whoever has taken all that it wants calls <see cref="EndTaking"/>.</summary>
    public JobEntry? Take(byte silo = Holders.Outside)
    {
        if (keyed is not null)
            return TakeKeyed(keyed, silo);
        for (var i = 0; i < Priorities; i++)
        {
            ref var line = ref lines[i];
            while (line.First is { } job)
            {
                line.First = job.Next;
                line.Last = line.First is null ? null : line.Last;
                Leave(job);
                if (job.State == JobState.Ready && !job.IsChanging)
                    return job;
            }
        }

        return null;
    }

    /// <summary>What was passed over, as the silo runs enough of it, can be taken again.</summary>
    /// <returns>Whether there is more, that the silo could have taken.</returns>
    public bool EndTaking() => keyed is null ? Count > 0 : keyed.EndTaking();

    /// <summary>A job that may stand in line has ended. Where nobody takes jobs out, those that ended must not stay for ever.</summary>
    public void Ended(JobEntry job)
    {
        if (!job.IsLined || ++ended < SweepMin || ended < Count / 2)
            return;
        if (keyed is not null)
            SweepKeyed();
        for (var i = 0; i < Priorities; i++)
            Sweep(ref lines[i]);
        ended = 0;
    }

    /// <summary>The next one, which may not be ready any more.</summary>
    public JobEntry? First
    {
        get
        {
            if (keyed is not null)
                return keyed.First;
            foreach (ref readonly var line in lines.AsSpan())
            {
                if (line.First is { } job)
                    return job;
            }

            return null;
        }
    }

    /// <summary>The next ones in order, without taking them out; where there are keys, in no order those that may come next.</summary>
    public IEnumerable<JobEntry> Peek()
    {
        foreach (var job in keyed?.All() ?? [])
            yield return job;
        for (var i = 0; i < Priorities; i++)
        {
            for (var job = lines[i].First; job is not null; job = job.Next)
                yield return job;
        }
    }

    /// <summary>
    /// Changes <see cref="Priority"/>: the jobs line up anew, in each line the older first. Where they stand in lines by key, those that are there stay
    /// as they are until the shard uses its limits anew: some wait where the queue does not see them.
    /// </summary>
    public void Reline(byte priority)
    {
        if (priority == Priority)
            return;
        Priority = priority;
        if (keyed is not null)
            return;
        var (jobs, bounds) = (Peek().OrderBy(job => job.Id).ToList(), Limits);
        Clear();
        Limits = bounds;
        foreach (var job in jobs)
        {
            job.IsLined = false;
            if (job.State.HasEnded())
                continue;
            AddLast(job);
        }
    }

    /// <summary>Forgets the jobs: who still knows the queue, because it was to ring for it, neither rings nor keeps them.</summary>
    public void Clear()
    {
        Array.Clear(lines);
        (Count, ended) = (0, 0);
        Limits = null;
    }

    private ref Line LineOf(JobEntry job) => ref lines[LevelOf(job)];

    private void AddKeyed(JobEntry job, bool isFirst)
    {
        // Since when it waits: what it ages by.
        job.StartedAt = limits!.Now;
        keyed!.Add(job, isFirst);
    }

    private JobEntry? TakeKeyed(KeyedLines from, byte silo)
    {
        var now = limits!.Now;
        while (from.Take(now, silo) is { } job)
        {
            Leave(job);
            if (job.State == JobState.Ready && !job.IsChanging)
                return job;
        }

        return null;
    }

    private void SweepKeyed()
    {
        foreach (var group in limits!.Groups)
        {
            foreach (var line in group.Lines.Where(line => line.Queue == this))
                Sweep(ref line.Jobs, _ => true);
            Sweep(ref group.Waiting, job => job.Queue == this);
        }
    }

    private void Sweep(ref JobChain chain, Func<JobEntry, bool> isMine)
    {
        var job = chain.First;
        chain = default;
        while (job is not null)
        {
            var next = job.Next;
            if (job.State.HasEnded() && isMine(job))
                Leave(job);
            else
                chain.AddLast(job);
            job = next;
        }
    }

    private void Sweep(ref Line line)
    {
        var job = line.First;
        line = default;
        while (job is not null)
        {
            var next = job.Next;
            Leave(job);
            if (!job.State.HasEnded())
                AddLast(job);
            job = next;
        }
    }

    private struct Line
    {
        public JobEntry? First;
        public JobEntry? Last;
    }
}
