namespace Hearth.Jobs;

/// <summary>
/// Jobs by the time at which something is due for them: the next start, or the expiry. 32 bytes each, which is all that a job parked for
/// the far future costs. Nobody takes out a job that has ended: those are dropped as they become half of all.
/// </summary>
/// <param name="isWanted">Whether what is due for a job still matters; asked once for a job that is dropped.</param>
internal sealed class TimedJobs(Func<JobId, bool> isWanted)
{
    private const int SweepMin = 4_096;

    private PriorityQueue<JobId, long> byTime = new();
    private int sweepAt = SweepMin;

    public int Count => byTime.Count;

    /// <summary>The earliest time, in ticks; null when there is none.</summary>
    public long? First => byTime.TryPeek(out _, out var at) ? at : null;

    public void Add(JobId id, long at)
    {
        if (byTime.Count >= sweepAt)
            Sweep();
        byTime.Enqueue(id, at);
    }

    public bool TryTake(long now, out JobId id)
    {
        if (byTime.TryPeek(out id, out var at) && at <= now)
        {
            byTime.Dequeue();
            return true;
        }

        return false;
    }

    public IEnumerable<JobId> All => byTime.UnorderedItems.Select(item => item.Element);

    private void Sweep()
    {
        byTime = new PriorityQueue<JobId, long>(byTime.UnorderedItems.Where(item => isWanted(item.Element)));
        sweepAt = Math.Max(SweepMin, byTime.Count * 2);
    }
}
