namespace Hearth.Jobs;

/// <summary>
/// The jobs of one key. While jobs of it are open it costs some hundred bytes, and afterwards nothing, once the rates that it has used have forgotten it.
/// </summary>
internal sealed class KeyGroup(string? key)
{
    /// <summary>Null: of the jobs that have none.</summary>
    public string? Key => key;

    /// <summary>Jobs with this key that have not ended and have an entry.</summary>
    public int Open { get; set; }

    /// <summary>Those that run.</summary>
    public int Running { get; set; }

    /// <summary>Those that run, by silo; null: nobody asks.</summary>
    public Dictionary<byte, int>? RunningBySilo { get; set; }

    /// <summary>No two of its jobs run at once, whatever the limits say.</summary>
    public bool IsAlone { get; set; }

    /// <summary>None of its jobs starts before, in ticks; 0: nobody has asked for that.</summary>
    public long HeldUntil { get; set; }

    /// <summary>Since when that is so, in ticks.</summary>
    public long HeldSince { get; set; }

    /// <summary>The permits of its rates; null: it has none, or nobody has asked yet.</summary>
    public PermitBook? Book { get; set; }

    /// <summary>Its lines of ready jobs; few.</summary>
    public List<KeyLine> Lines { get; } = new(1);

    /// <summary>Where order counts: the job whose turn it is, until it has ended. The others wait in <see cref="Waiting"/>.</summary>
    public JobEntry? Head { get; set; }

    /// <summary>Where order counts: the ready jobs behind the head.</summary>
    public JobChain Waiting;

    /// <summary>When it is looked at again, in ticks.</summary>
    public long WakeAt { get; set; } = long.MaxValue;

    /// <summary>Some of its lines have been taken out of the rotation, because it was at a limit.</summary>
    public bool IsParked { get; set; }

    public KeyLine? LineOf(FunctionQueue queue, int level)
    {
        foreach (var line in Lines)
        {
            if (line.Queue == queue && line.Level == level)
                return line;
        }

        return null;
    }
}

/// <summary>The ready jobs of one key, function and priority.</summary>
internal sealed class KeyLine(KeyGroup group, FunctionQueue queue, int level)
{
    public KeyGroup Group => group;

    public FunctionQueue Queue => queue;

    /// <summary>0 goes first.</summary>
    public int Level => level;

    public JobChain Jobs;

    /// <summary>It stands in the rotation, under this number; 0: it does not.</summary>
    public long Place { get; set; }

    /// <summary>Jobs that it may still hand out before the turn is another's.</summary>
    public int TurnLeft { get; set; }
}

/// <summary>Jobs in a row, linked by <see cref="JobEntry.Next"/>.</summary>
internal struct JobChain
{
    public JobEntry? First;
    private JobEntry? last;

    public void AddLast(JobEntry job)
    {
        job.Next = null;
        if (last is null)
            First = job;
        else
            last.Next = job;
        last = job;
    }

    public void AddFirst(JobEntry job)
    {
        job.Next = First;
        First = job;
        last ??= job;
    }

    public JobEntry? Take()
    {
        if (First is not { } job)
            return null;
        First = job.Next;
        last = First is null ? null : last;
        job.Next = null;
        return job;
    }
}
