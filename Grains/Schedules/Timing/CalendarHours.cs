namespace Hearth.Schedules;

/// <summary>When a calendar allows ticks.</summary>
internal sealed class CalendarHours
{
    /// <summary>A calendar that allows nothing for so long allows nothing.</summary>
    private const int DaysMax = 400;

    private static readonly TimeSpan WholeDay = TimeSpan.FromDays(1);

    private readonly HashSet<DateOnly> holidays;
    private readonly (TimeSpan From, TimeSpan To)[][] byDay;
    private readonly ZoneClock zone;

    public CalendarHours(ScheduleCalendar calendar, ZoneClock zone)
    {
        this.zone = zone;
        holidays = [.. calendar.Holidays ?? []];
        byDay = new (TimeSpan, TimeSpan)[7][];
        for (var day = 0; day < 7; day++)
            byDay[day] = [.. Merge(Parts(calendar.Windows, (DayOfWeek)day))];
    }

    /// <summary>The first time at or after another that is allowed; null when there is none.</summary>
    public DateTime? NextOpen(DateTime time)
    {
        var day = DateOnly.FromDateTime(zone.ToLocal(time)).AddDays(-1);
        for (var i = 0; i < DaysMax; i++, day = day.AddDays(1))
        {
            foreach (var (from, to) in On(day))
            {
                if (Utc(day, to) is var end && end > time && Utc(day, from) is var start && start < end)
                    return start > time ? start : time;
            }
        }

        return null;
    }

    /// <summary>When the time that is not allowed began in which <paramref name="time"/> is.</summary>
    public DateTime ClosedSince(DateTime time)
    {
        var day = DateOnly.FromDateTime(zone.ToLocal(time)).AddDays(1);
        for (var i = 0; i < DaysMax; i++, day = day.AddDays(-1))
        {
            foreach (var (from, to) in On(day).Reverse())
            {
                if (Utc(day, to) is var end && end <= time && Utc(day, from) < end)
                    return end;
            }
        }

        return time.AddDays(-DaysMax);
    }

    private (TimeSpan From, TimeSpan To)[] On(DateOnly day) => holidays.Contains(day) ? [] : byDay[(int)day.DayOfWeek];

    private DateTime Utc(DateOnly day, TimeSpan time) => zone.FirstUtc(day.ToDateTime(TimeOnly.MinValue) + time);

    /// <summary>What of the windows lies on a day: those that begin on it up to midnight, and the rest of those that began the day before.</summary>
    private static IEnumerable<(TimeSpan From, TimeSpan To)> Parts(IReadOnlyList<ScheduleWindow>? windows, DayOfWeek day)
    {
        if (windows is null)
            yield return (TimeSpan.Zero, WholeDay);
        var before = (DayOfWeek)(((int)day + 6) % 7);
        foreach (var window in windows ?? [])
        {
            var isOvernight = window.To <= window.From;
            if (window.Days?.Contains(day) != false)
                yield return (window.From, isOvernight ? WholeDay : window.To);
            if (isOvernight && window.To > TimeSpan.Zero && window.Days?.Contains(before) != false)
                yield return (TimeSpan.Zero, window.To);
        }
    }

    private static IEnumerable<(TimeSpan From, TimeSpan To)> Merge(IEnumerable<(TimeSpan From, TimeSpan To)> parts)
    {
        (TimeSpan From, TimeSpan To)? open = null;
        foreach (var part in parts.Order())
        {
            if (open is { } last && part.From <= last.To)
            {
                open = (last.From, part.To > last.To ? part.To : last.To);
                continue;
            }

            if (open is { } done)
                yield return done;
            open = part;
        }

        if (open is { } rest)
            yield return rest;
    }
}
