namespace Hearth.Storage.PostgreSql;

/// <summary>The database's clock, told without asking it: its distance to this machine's monotonic clock.</summary>
/// <remarks>
/// A sample is at most as late as its answer was under way, so the largest distance of the last seconds is the closest one. Samples come
/// with batches and heartbeats; two windows make old ones fade, should the database's clock be set back.
/// </remarks>
internal sealed class StoreClock(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private long windowStart;
    private long distance = long.MinValue;
    private long distanceBefore = long.MinValue;
    private long best;
    private long lastTicks;

    /// <summary>Never goes backwards.</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = Elapsed() + Interlocked.Read(ref best);
            while (true)
            {
                var last = Interlocked.Read(ref lastTicks);
                if (now <= last)
                    return new DateTimeOffset(last, TimeSpan.Zero);
                if (Interlocked.CompareExchange(ref lastTicks, now, last) == last)
                    return new DateTimeOffset(now, TimeSpan.Zero);
            }
        }
    }

    /// <summary>Notes what the database's clock said in an answer that has just come.</summary>
    public void Sample(DateTime databaseUtc)
    {
        lock (gate)
        {
            var elapsed = Elapsed();
            if (elapsed - windowStart > Window.Ticks)
            {
                (distanceBefore, distance) = (distance, long.MinValue);
                windowStart = elapsed;
            }

            distance = Math.Max(distance, databaseUtc.Ticks - elapsed);
            Interlocked.Exchange(ref best, Math.Max(distance, distanceBefore));
        }
    }

    private long Elapsed() => time.GetElapsedTime(0).Ticks;
}
