using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// At most so many starts in any window of a length: a start leaves the window when that much time has passed since. Starts that are within
/// 1/128 of the window count as one, at the time of the last: the memory has bounds, and what that costs is less than 1% of the rate.
/// </summary>
internal sealed class SlidingWindow(RateLimit limit) : StartRate(limit)
{
    private const int Parts = 128;
    private const int CompactMin = 64;

    private readonly long length = limit.Per.Ticks;

    /// <summary>Ordered by time; those before <see cref="first"/> are over.</summary>
    private readonly List<Slot> slots = [];

    private int first;
    private long count;

    public override long Horizon => length;

    public override int Room(long now)
    {
        Forget(now);
        return (int)Math.Clamp(Limit.Starts - count - Reserved, 0, int.MaxValue);
    }

    public override long RoomAt(long now)
    {
        Forget(now);
        var tooMany = count + Reserved - Limit.Starts + 1;
        if (tooMany <= 0)
            return now;
        for (var i = first; i < slots.Count; i++)
        {
            tooMany -= slots[i].Count;
            if (tooMany <= 0)
                return slots[i].At + length;
        }

        return long.MaxValue;
    }

    public override bool IsOver(long now)
    {
        Forget(now);
        return count == 0 && Reserved == 0;
    }

    public override void Reserve(int count) => Reserved += count;

    public override void Release(int count) => Reserved -= count;

    public override void Use(int count, long now)
    {
        Reserved -= count;
        Add(now, count);
    }

    public override void UseLater(int count, long until) => Use(count, until);

    public override void Doubt(long until) => Add(until, Unknown);

    public override void Inherit(IReadOnlyList<(long At, int Count)> starts, long now)
    {
        foreach (var (at, some) in starts)
            Add(at, some);
        Forget(now);
    }

    public override IEnumerable<(long At, int Count)> Recent(long now)
    {
        Forget(now);
        return slots.Skip(first).Select(slot => (slot.At, (int)Math.Min(slot.Count, int.MaxValue)));
    }

    private void Add(long at, long some)
    {
        count += some;
        // Nearly always at the end: what was inherited may have times that are still to come.
        var place = slots.Count;
        while (place > first && slots[place - 1].At > at)
            place--;
        if (place > first && at - slots[place - 1].From < length / Parts)
            slots[place - 1] = slots[place - 1] with { At = at, Count = slots[place - 1].Count + some };
        else
            slots.Insert(place, new Slot(at, at, some));
    }

    private void Forget(long now)
    {
        while (first < slots.Count && slots[first].At + length <= now)
            count -= slots[first++].Count;
        if (first < CompactMin && first < slots.Count)
            return;
        slots.RemoveRange(0, first);
        first = 0;
    }

    private readonly record struct Slot(long From, long At, long Count);
}
