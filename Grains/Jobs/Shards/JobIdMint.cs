namespace Hearth.Jobs;

/// <summary>Mints a shard's ids on the store's clock: each above the one before, whatever the clock does.</summary>
internal sealed class JobIdMint(int shard, long epoch, JobId last)
{
    private long milliseconds = last == default ? 0 : last.UnixMilliseconds;
    private int counter = last == default ? 0 : last.Counter;

    /// <summary>The first of <paramref name="count"/> ids that follow each other (<see cref="JobId.Plus"/>).</summary>
    public JobId Next(DateTimeOffset now, int count = 1)
    {
        var at = now.ToUnixTimeMilliseconds();
        if (at > milliseconds)
            (milliseconds, counter) = (at, -1);
        else if (counter + count >= JobId.CounterEnd)
            (milliseconds, counter) = (milliseconds + 1, -1);
        var first = JobId.Create(milliseconds, counter + 1, shard, epoch);
        counter += count;
        return first;
    }
}
