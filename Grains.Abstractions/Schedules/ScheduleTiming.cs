namespace Hearth.Schedules;

/// <summary>When a schedule ticks: exactly one of <paramref name="Cron"/>, <paramref name="Every"/> and <paramref name="At"/>.</summary>
/// <param name="Cron">Five fields (minute, hour, day of month, month, day of week), or six with seconds in front; or <c>@daily</c> and its like.</param>
/// <param name="TimeZone">Of <paramref name="Cron"/>: an IANA name such as <c>Europe/Berlin</c>; null: UTC.</param>
/// <param name="Every">Time between ticks, 1 s to 366 days, however clocks are set.</param>
/// <param name="Anchor">A tick of <paramref name="Every"/>, from which the others are counted; null: <paramref name="Start"/>, or 1970-01-01T00:00:00Z.</param>
/// <param name="At">The only tick.</param>
/// <param name="Start">No tick before; null: any time.</param>
/// <param name="End">No tick at this time or after; null: for ever.</param>
/// <param name="Jitter">A tick's job is submitted up to this much later, the same for the same tick; at most 1 day. Null: on time.</param>
/// <param name="Calendar">When ticks are allowed; null: always.</param>
public sealed record ScheduleTiming(
    string? Cron = null, string? TimeZone = null, TimeSpan? Every = null, DateTimeOffset? Anchor = null, DateTimeOffset? At = null,
    DateTimeOffset? Start = null, DateTimeOffset? End = null, TimeSpan? Jitter = null, ScheduleCalendar? Calendar = null);

/// <summary>When ticks are allowed.</summary>
/// <param name="Holidays">Days without ticks, in the calendar's time zone; at most 1,000.</param>
/// <param name="Windows">Times of day with ticks, such as business hours; at most 50. Null: the whole day.</param>
/// <param name="Outside">What becomes of a tick that is not allowed.</param>
/// <param name="TimeZone">An IANA name; null: the schedule's.</param>
/// <param name="LoadMax">
/// Percent, 1 to 100: a tick waits while the processors of the pool's machines are busier than that on average, as long as the calendar allows ticks. Null: it does not.
/// </param>
public sealed record ScheduleCalendar(
    IReadOnlyList<DateOnly>? Holidays = null, IReadOnlyList<ScheduleWindow>? Windows = null, OutsidePolicy Outside = OutsidePolicy.Skip,
    string? TimeZone = null, int? LoadMax = null);

/// <summary>A time of day with ticks.</summary>
/// <param name="From">Its first moment, 00:00 to 23:59:59.</param>
/// <param name="To">Its end, which is no part of it, up to 24:00. Not after <paramref name="From"/>: on the next day.</param>
/// <param name="Days">On which it begins; null: all.</param>
public sealed record ScheduleWindow(TimeSpan From, TimeSpan To, IReadOnlyList<DayOfWeek>? Days = null);

/// <summary>What becomes of a tick that the calendar does not allow.</summary>
public enum OutsidePolicy
{
    /// <summary>There is none.</summary>
    Skip = 1,

    /// <summary>It is moved to when the calendar allows the next; several that are moved to one time are one tick.</summary>
    Shift = 2,
}
