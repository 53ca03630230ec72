namespace Hearth.Jobs;

/// <summary>The ready jobs of one function: five lines, first come first served in each.</summary>
internal sealed class FunctionQueue(string function, byte priority = 3)
{
    private const int Priorities = 5;
    private const int SweepMin = 4_096;

    private readonly Line[] lines = new Line[Priorities];
    private int ended;
    private int isMarked;

    public string Function { get; } = function;

    /// <summary>That of jobs which name none, or the middle one.</summary>
    public byte Priority { get; private set; } = priority;

    /// <summary>Entries in the lines, those that are not ready any more among them.</summary>
    public int Count { get; private set; }

    /// <summary>Notes that other silos' pumps are to be rung. False: that was noted before.</summary>
    public bool TryMarkForOthers() => Volatile.Read(ref isMarked) == 0 && Interlocked.Exchange(ref isMarked, 1) == 0;

    /// <summary>They are about to be rung. Called from outside of the shard, as <see cref="Count"/> is then.</summary>
    public void UnmarkForOthers() => Volatile.Write(ref isMarked, 0);

    public void AddLast(JobEntry job)
    {
        if (job.IsLined)
            return;
        job.IsLined = true;
        ref var line = ref LineOf(job);
        job.Next = null;
        if (line.Last is null)
            line.First = job;
        else
            line.Last.Next = job;
        line.Last = job;
        Count++;
    }

    public void AddFirst(JobEntry job)
    {
        if (job.IsLined)
            return;
        job.IsLined = true;
        ref var line = ref LineOf(job);
        job.Next = line.First;
        line.First = job;
        line.Last ??= job;
        Count++;
    }

    /// <summary>Takes out the first that is still ready.</summary>
    public JobEntry? Take()
    {
        for (var i = 0; i < Priorities; i++)
        {
            ref var line = ref lines[i];
            while (line.First is { } job)
            {
                line.First = job.Next;
                line.Last = line.First is null ? null : line.Last;
                Out(job);
                if (job.State == JobState.Ready && !job.IsChanging)
                    return job;
            }
        }

        return null;
    }

    /// <summary>A job that may stand in line has ended. Where nobody takes jobs out, those that ended must not stay for ever.</summary>
    public void Ended(JobEntry job)
    {
        if (!job.IsLined || ++ended < SweepMin || ended < Count / 2)
            return;
        for (var i = 0; i < Priorities; i++)
            Sweep(ref lines[i]);
        ended = 0;
    }

    /// <summary>The next one, which may not be ready any more.</summary>
    public JobEntry? First
    {
        get
        {
            foreach (ref readonly var line in lines.AsSpan())
            {
                if (line.First is { } job)
                    return job;
            }

            return null;
        }
    }

    /// <summary>The next ones in order, without taking them out.</summary>
    public IEnumerable<JobEntry> Peek()
    {
        for (var i = 0; i < Priorities; i++)
        {
            for (var job = lines[i].First; job is not null; job = job.Next)
                yield return job;
        }
    }

    /// <summary>Changes <see cref="Priority"/>: the jobs line up anew, in each line the older first.</summary>
    public void Reline(byte priority)
    {
        if (priority == Priority)
            return;
        var jobs = Peek().OrderBy(job => job.Id).ToList();
        (Priority, ended) = (priority, 0);
        Clear();
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
        Count = 0;
    }

    private ref Line LineOf(JobEntry job) => ref lines[Math.Clamp((job.Priority == JobOptions.Default.Priority ? Priority : job.Priority) - 1, 0, Priorities - 1)];

    private void Out(JobEntry job)
    {
        if (job.State.HasEnded())
            ended--;
        (job.Next, job.IsLined) = (null, false);
        Count--;
    }

    private void Sweep(ref Line line)
    {
        var job = line.First;
        line = default;
        while (job is not null)
        {
            var next = job.Next;
            Out(job);
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
