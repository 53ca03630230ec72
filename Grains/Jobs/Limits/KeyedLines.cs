namespace Hearth.Jobs;

/// <summary>
/// The ready jobs of one function, in lines by key and priority. The lines that may hand out a job are in rotation: by turns where the queue is
/// fair, else by the age of their first job. One whose key is at a limit is taken out when its turn comes, and put back by what ends that: a job
/// that ends, or a time. So no job over a limit is looked at twice, and none holds up others. No I/O.
/// </summary>
internal sealed class KeyedLines(FunctionQueue queue, ShardLimits limits)
{
    private const int Levels = 5;

    private readonly PriorityQueue<(KeyLine Line, long Place), long>[] rotations =
        [.. Enumerable.Range(0, Levels).Select(_ => new PriorityQueue<(KeyLine, long), long>())];

    /// <summary>Taken out of the rotation, with their places in it, until whoever takes jobs has done: its silo may run no more of them.</summary>
    private readonly List<(KeyLine Line, long Place, long Order)> aside = [];

    private long turn;
    private long place;

    /// <summary>Lines in rotation.</summary>
    public int Offers { get; private set; }

    public void Add(JobEntry job, bool isFirst)
    {
        var group = limits.GroupOf(job);
        var level = queue.LevelOf(job);
        var line = group.LineOf(queue, level);
        if (line is null)
            group.Lines.Add(line = new KeyLine(group, queue, level));
        var before = line.Jobs.First;
        if (isFirst)
            line.Jobs.AddFirst(job);
        else
            line.Jobs.AddLast(job);
        if (line.Place == 0)
        {
            if (before is null && !group.IsParked)
                Enter(line);
        }
        else if ((isFirst || before is null) && !limits.IsFair)
        {
            // It stands in rotation, also when it was emptied from outside of its turn; by the age of another job.
            Move(line);
        }
    }

    /// <summary>Puts a line that was taken out back into the rotation.</summary>
    public void Return(KeyLine line)
    {
        if (line.Place == 0 && line.Jobs.First is not null)
            Enter(line);
    }

    /// <summary>Takes out the next job, ready or not, whose key may start one on a silo. Whoever has taken all that it wants calls <see cref="EndTaking"/>.</summary>
    public JobEntry? Take(long now, byte silo)
    {
        while (Next(now) is { } level)
        {
            var line = rotations[level].Peek().Line;
            if (!limits.MayStart(line.Group, now))
            {
                Leave(line);
                limits.Park(line.Group, now);
                continue;
            }

            if (limits.IsFull(line.Group, silo))
            {
                // There are no more of these than jobs that run on the silo.
                rotations[level].TryDequeue(out var next, out var order);
                aside.Add((next.Line, next.Place, order));
                continue;
            }

            var job = line.Jobs.Take();
            Turn(line);
            if (job is not null)
                return job;
        }

        return null;
    }

    /// <summary>Lines that were passed over stand where they stood.</summary>
    /// <returns>Whether there are others.</returns>
    public bool EndTaking()
    {
        var areOthers = Offers > aside.Count;
        foreach (var (line, standing, order) in aside)
            rotations[line.Level].Enqueue((line, standing), order);
        aside.Clear();
        return areOthers;
    }

    /// <summary>All jobs, in no order.</summary>
    public IEnumerable<JobEntry> All()
    {
        foreach (var rotation in rotations)
        {
            foreach (var ((line, standing), _) in rotation.UnorderedItems)
            {
                for (var job = standing == line.Place ? line.Jobs.First : null; job is not null; job = job.Next)
                    yield return job;
            }
        }
    }

    /// <summary>About the next one.</summary>
    public JobEntry? First
    {
        get
        {
            foreach (var rotation in rotations)
            {
                if (rotation.TryPeek(out var next, out _) && next.Line.Jobs.First is { } job)
                    return job;
            }

            return null;
        }
    }

    /// <summary>The priority whose turn it is; null when nothing is in rotation.</summary>
    private int? Next(long now)
    {
        int? next = null;
        var (best, oldest) = (int.MaxValue, long.MaxValue);
        for (var level = 0; level < Levels; level++)
        {
            if (!TryPeek(level, out var job))
                continue;
            if (limits.Ageing == 0)
                return level;
            var aged = (int)Math.Max(0, level - ((now - job.StartedAt) / limits.Ageing));
            if (aged > best || (aged == best && job.StartedAt >= oldest))
                continue;
            (next, best, oldest) = (level, aged, job.StartedAt);
        }

        return next;
    }

    private bool TryPeek(int level, out JobEntry job)
    {
        while (rotations[level].TryPeek(out var next, out _))
        {
            // Moved since, or emptied from outside of its turn.
            if (next.Place == next.Line.Place && next.Line.Jobs.First is { } first)
            {
                job = first;
                return true;
            }

            rotations[level].Dequeue();
            if (next.Place == next.Line.Place)
                Gone(next.Line);
        }

        job = null!;
        return false;
    }

    private void Turn(KeyLine line)
    {
        if (line.Jobs.First is null)
        {
            rotations[line.Level].Dequeue();
            Gone(line);
            line.Group.Lines.Remove(line);
        }
        else if (!limits.IsFair)
        {
            rotations[line.Level].DequeueEnqueue((line, line.Place), AgeOf(line));
        }
        else if (--line.TurnLeft <= 0)
        {
            line.TurnLeft = limits.WeightOf(line.Group);
            rotations[line.Level].DequeueEnqueue((line, line.Place), ++turn);
        }
    }

    private void Leave(KeyLine line)
    {
        rotations[line.Level].Dequeue();
        Gone(line);
    }

    private void Enter(KeyLine line)
    {
        line.Place = ++place;
        line.TurnLeft = limits.WeightOf(line.Group);
        rotations[line.Level].Enqueue((line, line.Place), limits.IsFair ? ++turn : AgeOf(line));
        Offers++;
    }

    private void Move(KeyLine line)
    {
        line.Place = ++place;
        rotations[line.Level].Enqueue((line, line.Place), AgeOf(line));
    }

    private void Gone(KeyLine line)
    {
        line.Place = 0;
        Offers--;
    }

    /// <summary>Grows with ids: milliseconds, then the place among those of one.</summary>
    private static long AgeOf(KeyLine line) =>
        (line.Jobs.First!.Id.UnixMilliseconds << 15) | (uint)Math.Min(line.Jobs.First.Id.Counter, short.MaxValue);
}
