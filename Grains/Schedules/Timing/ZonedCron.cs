namespace Hearth.Schedules;

/// <summary>
/// An expression in a time zone. Where clocks are set back, what names times of day ticks the first time, and what ticks at intervals goes on through
/// both; where they are set forward, the first ticks once when they are, and the second skips what there is not. So does Vixie cron.
/// </summary>
internal sealed class ZonedCron(CronExpression cron, ZoneClock zone) : ITicks
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public DateTime? Next(DateTime after)
    {
        var from = new DateTime(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond));
        return cron.NamesTimes ? NextTimeOfDay(after, from) : NextOfInterval(from + Second);
    }

    /// <param name="after">The time.</param>
    /// <param name="from">The second that it is in: where clocks are set forward at its end, the next one is late for what they skip, and ticks then.</param>
    private DateTime? NextTimeOfDay(DateTime after, DateTime from)
    {
        for (var local = cron.Next(zone.ToLocal(from)); local is { } time; local = cron.Next(time + Second))
        {
            if (zone.FirstUtc(time) is var utc && utc > after)
                return utc;
        }

        return null;
    }

    private DateTime? NextOfInterval(DateTime from)
    {
        while (true)
        {
            var offset = zone.OffsetAt(from);
            if (cron.Next(from + offset) is not { } local)
                return null;
            if (zone.NextChange(from, local - offset) is not { } change)
                return local - offset;
            from = change;
        }
    }
}
