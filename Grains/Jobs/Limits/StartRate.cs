using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// How many jobs may start by one rate. What is reserved counts as started until it is used, at the time that it is used, or released. Times are
/// ticks and never go back. No I/O.
/// </summary>
internal abstract class StartRate(RateLimit limit)
{
    /// <summary>More than any limit, for starts of which nobody knows how many they were.</summary>
    protected const long Unknown = 1L << 40;

    /// <summary>What it goes by now; its kind and <see cref="RateLimit.Per"/> stay.</summary>
    public RateLimit Limit { get; private set; } = limit;

    /// <summary>For how long a start matters, in ticks.</summary>
    public abstract long Horizon { get; }

    /// <summary>The most that may start at once.</summary>
    public int AtOnce => Limit.Burst ?? Limit.Starts;

    public int Reserved { get; protected set; }

    public static StartRate Of(RateLimit limit, long now) => limit.Burst is null ? new SlidingWindow(limit) : new TokenBucket(limit, now);

    /// <summary>How many more may start now.</summary>
    public abstract int Room(long now);

    /// <summary>When one more may start, if nothing is released or used meanwhile; now if one may; <see cref="long.MaxValue"/> when that is not known.</summary>
    public abstract long RoomAt(long now);

    /// <summary>Whether nothing of before matters any more.</summary>
    public abstract bool IsOver(long now);

    public abstract void Reserve(int count);

    public abstract void Release(int count);

    /// <summary>Reserved ones start.</summary>
    public abstract void Use(int count, long now);

    /// <summary>Reserved ones start, up to a time that is still to come.</summary>
    public abstract void UseLater(int count, long until);

    /// <summary>Nobody knows what was started up to a time: as much as could be.</summary>
    public abstract void Doubt(long until);

    /// <summary>Takes in what was started before, each as if at the latest time that it may have been; some of these times may be still to come.</summary>
    /// <param name="starts">By time.</param>
    /// <param name="now">Now.</param>
    public abstract void Inherit(IReadOnlyList<(long At, int Count)> starts, long now);

    /// <summary>What was started lately, as <see cref="Inherit"/> takes it.</summary>
    public abstract IEnumerable<(long At, int Count)> Recent(long now);

    /// <summary>The limit is another from now on; what was started counts on.</summary>
    public void Change(RateLimit limit, long now)
    {
        Room(now);
        Limit = limit;
    }
}
