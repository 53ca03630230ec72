using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>The permits of a queue or a key: all of its rates have to allow a start. No I/O.</summary>
internal sealed class PermitBook
{
    private readonly List<RatePermits> all = [];
    private readonly string owner;

    /// <param name="owner">Whose starts they count: nothing for the queue, or a key with a mark in front.</param>
    /// <param name="limits">What bounds them.</param>
    /// <param name="past">What is known of the time before.</param>
    /// <param name="now">Now, in ticks.</param>
    public PermitBook(string owner, IReadOnlyList<RateLimit> limits, StartsBefore past, long now)
    {
        this.owner = owner;
        foreach (var limit in limits)
            all.Add(Make(limit, past, now));
    }

    public IReadOnlyList<RatePermits> All => all;

    /// <summary>Permits taken for jobs that have not started.</summary>
    public int Reserved { get; private set; }

    /// <summary>How long after a start nothing of it matters any more, in ticks.</summary>
    public long Horizon => all.Count == 0 ? 0 : all.Max(permits => permits.Rate.Horizon + (permits.Rate.Horizon / 16)) + TimeSpan.TicksPerMillisecond;

    public int Room(long now)
    {
        var room = int.MaxValue;
        foreach (var permits in all)
            room = Math.Min(room, permits.Room(now));
        return room;
    }

    /// <summary>When another may start; <see cref="long.MaxValue"/>: when something happens first.</summary>
    public long RoomAt(long now)
    {
        var at = now;
        foreach (var permits in all)
            at = Math.Max(at, permits.RoomAt(now));
        return at;
    }

    public void Reserve(long now)
    {
        Reserved++;
        foreach (var permits in all)
            permits.Reserve(now);
    }

    public void Release()
    {
        Reserved--;
        foreach (var permits in all)
            permits.Release();
    }

    public bool IsGood(long now) => all.TrueForAll(permits => permits.IsGood(now));

    public void Use(long now)
    {
        Reserved--;
        foreach (var permits in all)
            permits.Use(now);
    }

    /// <summary>Until when permits that are reserved now can be used.</summary>
    public long GoodUntil(long now)
    {
        var until = long.MaxValue;
        foreach (var permits in all)
            until = Math.Min(until, permits.GoodUntil(now));
        return until;
    }

    /// <summary>Permits that were reserved for others were used, the last of them at a time, or will be by then.</summary>
    public void UseGranted(int count, long at, long now)
    {
        Reserved -= count;
        foreach (var permits in all)
            permits.UseGranted(count, at, now);
    }

    public bool IsOver(long now) => Reserved == 0 && all.TrueForAll(permits => permits.IsOver(now));

    /// <summary>The limits are others; what those that stay have counted counts on. There are no permits out.</summary>
    public void Change(IReadOnlyList<RateLimit> limits, StartsBefore past, long now)
    {
        var before = all.ToList();
        all.Clear();
        foreach (var limit in limits)
        {
            var known = before.Find(permits => permits.Scope == ScopeOf(limit));
            known?.Change(limit, now);
            all.Add(known ?? Make(limit, past, now));
        }
    }

    private RatePermits Make(RateLimit limit, StartsBefore past, long now)
    {
        var rate = StartRate.Of(limit, now);
        var permits = new RatePermits(rate, ScopeOf(limit));
        if (past.Of(permits.Scope, permits.IsStored) is { } known)
        {
            rate.Inherit(known, now);
            permits.After(known);
        }
        else if (past.DoubtfulUntil is { } until)
            rate.Doubt(until);
        return permits;
    }

    /// <summary>The same as long as starts are counted in the same way, whatever the number allowed is. Of several that count alike each has its own.</summary>
    private Guid ScopeOf(RateLimit limit)
    {
        var alike = all.Count(other => other.Rate.Limit.Per == limit.Per && other.Rate.Limit.Burst is null == limit.Burst is null);
        var text = string.Create(CultureInfo.InvariantCulture, $"{limit.Per.Ticks} {(limit.Burst is null ? "window" : "bucket")} {alike} {owner}");
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
