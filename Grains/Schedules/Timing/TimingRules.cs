using System.Globalization;
using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>What a timetable may ask for, but for the expression itself.</summary>
internal static class TimingRules
{
    private static readonly DateTimeOffset Earliest = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first thing that is wrong, or null.</summary>
    public static JobMistake? Check(ScheduleTiming timing) =>
        CheckKind(timing)
        ?? CheckZone("timeZone", timing.TimeZone)
        ?? CheckTime("at", timing.At) ?? CheckTime("anchor", timing.Anchor) ?? CheckTime("start", timing.Start) ?? CheckTime("end", timing.End)
        ?? (timing.Every is { } every && (every < ScheduleLimits.EveryMin || every > ScheduleLimits.EveryMax)
            ? new JobMistake("every", "every must be 1 second to 366 days.") : null)
        ?? (timing.Jitter is { } jitter && (jitter < TimeSpan.Zero || jitter > ScheduleLimits.JitterMax)
            ? new JobMistake("jitter", "jitter must be at most 1 day, not negative.") : null)
        ?? (timing.End <= timing.Start ? new JobMistake("end", "end must be after start, or there would be no tick.") : null)
        ?? (timing.Calendar is { } calendar ? Check(calendar) : null);

    /// <summary>Whether a time can be asked about; null is fine.</summary>
    public static JobMistake? CheckTime(string field, DateTimeOffset? time) => time is null || (time >= Earliest && time < ScheduleLimits.Latest)
        ? null
        : new JobMistake(field, Text($"{field} must lie between 1970 and {ScheduleLimits.Latest.Year}."));

    private static JobMistake? CheckKind(ScheduleTiming timing)
    {
        var given = (timing.Cron is null ? 0 : 1) + (timing.Every is null ? 0 : 1) + (timing.At is null ? 0 : 1);
        if (given != 1)
            return new JobMistake("cron", given == 0 ? "Say when: one of cron, every and at is needed." : "cron, every and at each say when: keep one of them.");
        if (timing.Anchor is not null && timing.Every is null)
            return new JobMistake("anchor", "anchor goes with every: it is one of its ticks.");
        return null;
    }

    private static JobMistake? Check(ScheduleCalendar calendar)
    {
        if (CheckZone("calendar.timeZone", calendar.TimeZone) is { } zone)
            return zone;
        if (calendar.Holidays is { Count: > ScheduleLimits.HolidaysMax })
            return new JobMistake("calendar.holidays", Text($"A calendar has at most {ScheduleLimits.HolidaysMax} holidays."));
        if (calendar.Windows is { Count: 0 or > ScheduleLimits.WindowsMax })
            return new JobMistake("calendar.windows", Text($"A calendar has 1 to {ScheduleLimits.WindowsMax} windows; leave them out for the whole day."));
        if (!Enum.IsDefined(calendar.Outside))
            return new JobMistake("calendar.outside", "outside must be skip or shift.");
        if (calendar.LoadMax is < 1 or > 100)
            return new JobMistake("calendar.loadMax", "loadMax must be 1 to 100 percent.");
        for (var i = 0; i < (calendar.Windows?.Count ?? 0); i++)
        {
            if (Check(calendar.Windows![i], Text($"calendar.windows[{i}].")) is { } mistake)
                return mistake;
        }

        return null;
    }

    private static JobMistake? Check(ScheduleWindow window, string prefix)
    {
        var day = TimeSpan.FromDays(1);
        if (window.From < TimeSpan.Zero || window.From >= day)
            return new JobMistake(prefix + "from", "from must be 00:00 to 23:59:59.");
        if (window.To < TimeSpan.Zero || window.To > day)
            return new JobMistake(prefix + "to", "to must be 00:00 to 24:00.");
        return window.Days is { } days && (days.Count == 0 || days.Distinct().Count() != days.Count || days.Any(d => !Enum.IsDefined(d)))
            ? new JobMistake(prefix + "days", "days must hold days such as \"monday\", each once; leave it out for all.")
            : null;
    }

    private static JobMistake? CheckZone(string field, string? name) => ZoneClock.Find(name) is not null
        ? null
        : new JobMistake(field, $"'{(name!.Length > 64 ? name[..64] + "…" : name)}' is no time zone that this machine knows: use an IANA name such as \"Europe/Berlin\" (package tzdata).");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
