using System.Collections.Concurrent;

namespace Hearth.Schedules;

/// <summary>A time zone: its offsets, and when they change.</summary>
internal sealed class ZoneClock
{
    private static readonly TimeSpan Step = TimeSpan.FromHours(12);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly ConcurrentDictionary<string, ZoneClock> Known = new(StringComparer.Ordinal);

    private readonly TimeZoneInfo zone;
    private readonly ConcurrentDictionary<int, DateTime[]> changes = new();

    private ZoneClock(TimeZoneInfo zone) => this.zone = zone;

    public static ZoneClock Utc { get; } = new(TimeZoneInfo.Utc);

    /// <summary>By IANA name; null when this machine knows no such zone.</summary>
    public static ZoneClock? Find(string? name)
    {
        if (name is null or "UTC" or "Etc/UTC")
            return Utc;
        if (Known.TryGetValue(name, out var known))
            return known;
        return name.Length <= 64 && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId
            ? Known.GetOrAdd(name, new ZoneClock(zone))
            : null;
    }

    public TimeSpan OffsetAt(DateTime utc) => zone.GetUtcOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc));

    public DateTime ToLocal(DateTime utc) => utc + OffsetAt(utc);

    /// <summary>When it is so late: the first time, where the clocks are set back; where they are set forward past it, when they are.</summary>
    public DateTime FirstUtc(DateTime local)
    {
        var (before, after) = (OffsetAt(local - Day), OffsetAt(local + Day));
        var (early, late) = (local - Max(before, after), local - Min(before, after));
        if (ToLocal(early) == local)
            return early;
        return ToLocal(late) == local ? late : NextChange(early - Day, late + Day) ?? late;
    }

    /// <summary>The first change of the offset after one time and up to another.</summary>
    public DateTime? NextChange(DateTime after, DateTime upTo)
    {
        for (var year = after.Year; year <= upTo.Year; year++)
        {
            foreach (var change in changes.GetOrAdd(year, Changes))
            {
                if (change > after)
                    return change <= upTo ? change : null;
            }
        }

        return null;
    }

    /// <summary>No zone has two changes within half a day.</summary>
    private DateTime[] Changes(int year)
    {
        var found = new List<DateTime>();
        var end = new DateTime(year + 1, 1, 1);
        for (var (at, offset) = (new DateTime(year, 1, 1), OffsetAt(new DateTime(year, 1, 1).AddTicks(-1))); at <= end; at += Step)
        {
            if (OffsetAt(at) == offset)
                continue;
            var change = Find(at - Step, at, offset);
            if (change < end)
                found.Add(change);
            offset = OffsetAt(at);
        }

        return [.. found];
    }

    /// <summary>By halving: the first second with another offset.</summary>
    private DateTime Find(DateTime low, DateTime high, TimeSpan offset)
    {
        var (from, to) = (0L, (long)(high - low).TotalSeconds);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (OffsetAt(low.AddSeconds(middle)) == offset)
                from = middle + 1;
            else
                to = middle;
        }

        return low.AddSeconds(to);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
