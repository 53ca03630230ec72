namespace Hearth.Jobs;

/// <summary>An open job in its shard's memory. There can be millions: docs/decisions/0002 says what it costs.</summary>
internal sealed class JobEntry(JobId id, FunctionQueue queue)
{
    public readonly JobId Id = id;
    public readonly FunctionQueue Queue = queue;

    /// <summary>The job itself, where the memory budget allows it; else it is read when it is leased.</summary>
    public JobSpec? Spec;

    /// <summary>The one behind it in its queue.</summary>
    public JobEntry? Next;

    /// <summary>Its key, with what is known of that; null: it has none.</summary>
    public KeyGroup? Group;

    /// <summary>When the current attempt started, or since when it is lined up where that counts; ticks on the store's clock.</summary>
    public long StartedAt;

    /// <summary>When it ends as cancelled, should it not have started; 0: never.</summary>
    public long ExpiresAt;

    /// <summary>The current or last attempt's number.</summary>
    public int Attempt;
    public short Failures;
    public byte Crashes;
    public byte Priority = 3;


    private byte holder;
    private byte state = (byte)JobState.Ready;

    /// <summary>A former owner ended uncleanly and may have started it: a start has to be marked.</summary>
    public bool IsDoubtful;

    /// <summary>It stands in its queue's line, ready or not.</summary>
    public bool IsLined;

    /// <summary>Rows about it are on their way to the store; nothing else is decided about it until they have arrived.</summary>
    public bool IsChanging;

    /// <summary>It has been taken, with permits of the limits, and is not handed out yet.</summary>
    public bool IsReserved;

    public JobState State
    {
        get => (JobState)state;
        set
        {
            if (Queue.Limits is { } limits && (value == JobState.Running) != (State == JobState.Running))
                limits.Moved(this, value == JobState.Running);
            state = (byte)value;
        }
    }

    /// <summary>The silo whose pump has it while it runs: a place in the shard's list of holders.</summary>
    public byte Holder
    {
        get => holder;
        set
        {
            var before = holder;
            holder = value;
            if (before != value && State == JobState.Running)
                Queue.Limits?.Moved(this, before, value);
        }
    }

    /// <summary>The number of the next attempt: never one that may have been used.</summary>
    public int NextAttempt => Attempt + 1;
}
