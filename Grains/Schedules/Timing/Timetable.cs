using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>The ticks of a schedule: those of its expression, interval or time, between start and end, as its calendar allows. Pure.</summary>
internal sealed class Timetable
{
    /// <summary>Ticks that a calendar skips in a row, a closed time counted once.</summary>
    private const int SkippedMax = 20_000;

    private readonly string name;
    private readonly ScheduleTiming timing;
    private readonly ITicks ticks;
    private readonly CalendarHours? hours;

    private Timetable(string name, ScheduleTiming timing, ITicks ticks, CalendarHours? hours) =>
        (this.name, this.timing, this.ticks, this.hours) = (name, timing, ticks, hours);

    /// <param name="name">The schedule's, from which <c>H</c> and jitter are reckoned.</param>
    /// <param name="timing">What was asked for.</param>
    /// <returns>One of the two.</returns>
    public static (Timetable? Table, JobMistake? Mistake) Create(string name, ScheduleTiming timing)
    {
        if (TimingRules.Check(timing) is { } mistake)
            return (null, mistake);
        var zone = ZoneClock.Find(timing.TimeZone)!;
        var hours = timing.Calendar is { } calendar ? new CalendarHours(calendar, ZoneClock.Find(calendar.TimeZone ?? timing.TimeZone)!) : null;
        if (timing.Every is { } every)
            return (new Timetable(name, timing, new IntervalTicks(every, (timing.Anchor ?? timing.Start ?? DateTimeOffset.UnixEpoch).UtcDateTime), hours), null);
        if (timing.At is { } at)
            return (new Timetable(name, timing, new OneTick(at.UtcDateTime), hours), null);
        var (cron, wrong) = CronExpression.Parse(timing.Cron!, name);
        return cron is null ? (null, wrong) : (new Timetable(name, timing, new ZonedCron(cron, zone), hours), null);
    }

    /// <summary>The first tick after a time; null when there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (after >= ScheduleLimits.Latest || NextAllowed(after.UtcDateTime) is not { } next)
            return null;
        var tick = new DateTimeOffset(next, TimeSpan.Zero);
        return tick < (timing.End ?? ScheduleLimits.Latest) ? tick : null;
    }

    /// <summary>The last tick after a time and before another; null when there is none. Work in proportion to the logarithm of the time.</summary>
    public DateTimeOffset? LastBefore(DateTimeOffset after, DateTimeOffset end)
    {
        if (Next(after) is not { } first || first >= end)
            return null;
        // From low there is a tick before the end; from high there is none. No two ticks are within a second.
        var (low, high) = (after, end.AddTicks(-1));
        while (high - low > TimeSpan.FromSeconds(1))
        {
            var middle = low + ((high - low) / 2);
            if (Next(middle) < end)
                low = middle;
            else
                high = middle;
        }

        return Next(low);
    }

    /// <summary>When a tick's job is submitted: with jitter up to so much later.</summary>
    public DateTimeOffset ReleaseOf(DateTimeOffset tick) => timing.Jitter is { } jitter
        ? tick.AddMilliseconds(StableHash.Of($"{name}@{tick.UtcTicks}") % (ulong)(jitter.TotalMilliseconds + 1))
        : tick;

    /// <summary>When the calendar allows ticks, from a time on; null: never any more.</summary>
    public DateTimeOffset? NextOpen(DateTimeOffset from) => hours is null ? from
        : hours.NextOpen(from.UtcDateTime) is { } open ? new DateTimeOffset(open, TimeSpan.Zero)
        : null;

    private DateTime? NextAllowed(DateTime after)
    {
        if (hours is null)
            return NextPlain(after);
        if (timing.Calendar!.Outside == OutsidePolicy.Skip)
            return NextNotSkipped(after);
        // What is moved to the next opening may be a tick before this time.
        var from = hours.NextOpen(after) == after ? after : hours.ClosedSince(after).AddTicks(-1);
        return NextPlain(from) is { } tick ? hours.NextOpen(tick) : null;
    }

    private DateTime? NextNotSkipped(DateTime after)
    {
        for (var i = 0; i < SkippedMax; i++)
        {
            if (NextPlain(after) is not { } tick || hours!.NextOpen(tick) is not { } open)
                return null;
            if (open == tick)
                return tick;
            after = open.AddTicks(-1);
        }

        return null;
    }

    private DateTime? NextPlain(DateTime after)
    {
        var start = timing.Start?.UtcDateTime.AddTicks(-1);
        var next = ticks.Next(start > after ? start.Value : after);
        return next >= ScheduleLimits.Latest.UtcDateTime ? null : next;
    }
}
