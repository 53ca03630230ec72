using System.Diagnostics;

namespace Hearth.Bench.Jobs;

/// <summary>Which jobs ran: each exactly once, or the measurement does not count.</summary>
internal sealed class Tally(int jobs)
{
    private readonly long[] startedAt = new long[jobs];
    private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int count;
    private int repeats;

    /// <summary>Completes when so many have run.</summary>
    public Task All => all.Task;

    public int Count => Volatile.Read(ref count);

    /// <summary>Runs beyond the first of a job.</summary>
    public int Repeats => Volatile.Read(ref repeats);

    /// <summary>When the job started first, in <see cref="Stopwatch"/> ticks; 0: not yet.</summary>
    public long StartedAt(int job) => Volatile.Read(ref startedAt[job]);

    public void Ran(int job)
    {
        if (Interlocked.CompareExchange(ref startedAt[job], Stopwatch.GetTimestamp(), 0) != 0)
            Interlocked.Increment(ref repeats);
        else if (Interlocked.Increment(ref count) == jobs)
            all.SetResult();
    }
}
