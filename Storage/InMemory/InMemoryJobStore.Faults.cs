using Hearth.Jobs;

namespace Hearth.Storage.InMemory;

/// <summary>What tests can make the store do.</summary>
public sealed partial class InMemoryJobStore
{
    private readonly Queue<WriteFault> faults = [];
    private readonly HashSet<JobId> damaged = [];
    private List<(ShardWrite Write, TaskCompletionSource<WriteOutcome> Done)>? held;

    private enum WriteFault
    {
        None,
        Refused,
        LostBefore,
        LostAfter,
    }

    /// <summary>While true everything fails with <see cref="StoreUnavailableException"/>.</summary>
    public bool IsDown { get; set; }

    /// <summary>The next write that has no fault yet fails with <see cref="StoreUnavailableException"/>: nothing is stored.</summary>
    public void FailNextWrite() => Add(WriteFault.Refused);

    /// <summary>The next write that has no fault yet fails with <see cref="OutcomeUnknownException"/>.</summary>
    /// <param name="isStored">Whether it was stored all the same.</param>
    public void LoseNextOutcome(bool isStored) => Add(isStored ? WriteFault.LostAfter : WriteFault.LostBefore);

    /// <summary>From now on writes wait, and are made in their order by <see cref="ReleaseWrites"/>.</summary>
    public void HoldWrites()
    {
        lock (gate)
            held ??= [];
    }

    /// <summary>How many writes wait.</summary>
    public int HeldWrites
    {
        get
        {
            lock (gate)
                return held?.Count ?? 0;
        }
    }

    /// <summary>Makes the writes that wait, and those to come at once.</summary>
    public void ReleaseWrites()
    {
        lock (gate)
        {
            var waiting = held ?? [];
            held = null;
            foreach (var (write, done) in waiting)
                done.SetFromTask(WriteNow(write));
        }
    }

    /// <summary>From now on the job's payload, and its end's, are found damaged.</summary>
    public void Damage(JobId id)
    {
        lock (gate)
            damaged.Add(id);
    }

    private Task<WriteOutcome> Hold(ShardWrite write)
    {
        var done = new TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        held!.Add((write, done));
        return done.Task;
    }

    private void Add(WriteFault fault)
    {
        lock (gate)
            faults.Enqueue(fault);
    }

    private WriteFault TakeFault() => faults.TryDequeue(out var fault) ? fault : WriteFault.None;

    private static StoreUnavailableException Error(WriteFault fault) => fault == WriteFault.Refused
        ? new StoreUnavailableException("A test wants this write to fail.")
        : new OutcomeUnknownException("A test wants this write's outcome to be unknown.");

    private T Whole<T>(JobId id, T row) => damaged.Contains(id) ? throw new CorruptRowException($"The row of job {id} is damaged.") : row;
}
