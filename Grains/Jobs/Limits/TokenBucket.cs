using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// A bucket that fills by so many tokens in a time and holds a burst of them; a start takes one. In any time <c>t</c> at most
/// <c>burst + starts * t / per</c> start. Whole numbers: a token is <c>per</c> units, and a tick brings <c>starts</c> of them.
/// </summary>
internal sealed class TokenBucket(RateLimit limit, long now) : StartRate(limit)
{
    private readonly long per = limit.Per.Ticks;

    /// <summary>Of starts that were inherited, and may still be to come.</summary>
    private readonly Queue<(long At, int Count)> coming = new();

    private Int128 units = (Int128)limit.Burst!.Value * limit.Per.Ticks;
    private long at = now;

    public override long Horizon => (long)Int128.Min(long.MaxValue / 4, Capacity / Limit.Starts);

    private Int128 Capacity => (Int128)Limit.Burst!.Value * per;

    public override int Room(long now)
    {
        while (coming.TryPeek(out var next) && next.At <= now)
        {
            Fill(Math.Max(at, next.At));
            Reserved -= coming.Dequeue().Count;
        }

        Fill(Math.Max(at, now));
        return units < per ? 0 : (int)(units / per);
    }

    public override long RoomAt(long now)
    {
        if (Room(now) > 0)
            return now;
        // What is reserved keeps its place in the bucket until it is used.
        if (Capacity - ((Int128)Reserved * per) < per)
            return coming.TryPeek(out var next) ? next.At : long.MaxValue;
        return at + (long)((per - units + Limit.Starts - 1) / Limit.Starts);
    }

    public override bool IsOver(long now)
    {
        Room(now);
        return Reserved == 0 && units >= Capacity;
    }

    public override void Reserve(int count)
    {
        Reserved += count;
        units -= (Int128)count * per;
    }

    public override void Release(int count)
    {
        Reserved -= count;
        units += (Int128)count * per;
    }

    public override void Use(int count, long now)
    {
        Room(now);
        Reserved -= count;
    }

    public override void UseLater(int count, long until) => coming.Enqueue((until, count));

    public override void Doubt(long until) => (units, at) = (0, until);

    public override void Inherit(IReadOnlyList<(long At, int Count)> starts, long now)
    {
        // As if it had been empty so long ago that it would be full by now.
        Doubt(now - Horizon);
        foreach (var (when, some) in starts)
        {
            if (when <= now)
                Fill(Math.Max(at, when));
            else
                Fill(now);
            Reserve(some);
            if (when <= now)
                Reserved -= some;
            else
                coming.Enqueue((when, some));
        }

        Room(now);
    }

    public override IEnumerable<(long At, int Count)> Recent(long now)
    {
        Room(now);
        var still = coming.Sum(start => start.Count);
        var missing = Capacity - units - ((Int128)still * per);
        // As one start for each token that is not there, now; but those that may still come keep their places until then.
        return (missing <= 0 ? [] : new[] { (now, (int)Int128.Min(int.MaxValue, (missing + per - 1) / per)) }).Concat(coming.OrderBy(start => start.At));
    }

    private void Fill(long now)
    {
        var full = Capacity - ((Int128)Reserved * per);
        units = Int128.Min(full, units + ((Int128)(now - at) * Limit.Starts));
        at = now;
    }
}
