using System.Numerics;
using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>An expression of five or six fields, on a calendar without time zones: <see cref="ZonedCron"/> puts it into one.</summary>
internal sealed class CronExpression
{
    /// <summary>The fifth Friday of February comes every 28 years, and every 40 around 2100.</summary>
    private const int YearsMax = 50;

    private static readonly Dictionary<string, string> Shorthands = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
    };

    private readonly ulong seconds;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong months;
    private readonly CronDays days;

    private CronExpression(string[] fields, string seed)
    {
        seconds = CronField.Second.Read(fields[0], seed, out var isSecondStepped);
        minutes = CronField.Minute.Read(fields[1], seed, out var isMinuteStepped);
        hours = CronField.Hour.Read(fields[2], seed, out var isHourStepped);
        months = CronField.Month.Read(fields[4], seed, out _);
        days = new CronDays(fields[3], fields[5], seed);
        NamesTimes = !isSecondStepped && !isMinuteStepped && !isHourStepped;
    }

    /// <summary>Whether it names times of day: no wildcard and no step in seconds, minutes and hours. The others tick at intervals.</summary>
    public bool NamesTimes { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="text">What somebody wrote.</param>
    /// <param name="seed">The schedule's name, from which <c>H</c> is reckoned.</param>
    /// <returns>One of the two.</returns>
    public static (CronExpression? Cron, JobMistake? Mistake) Parse(string text, string seed)
    {
        if (text.Length > ScheduleLimits.CronLengthMax)
            return (null, new JobMistake("cron", $"A cron expression has at most {ScheduleLimits.CronLengthMax} characters."));
        var fields = Shorthands.GetValueOrDefault(text.Trim(), text).ToUpperInvariant().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is not (5 or 6))
        {
            return (null, new JobMistake(
                "cron",
                $"A cron expression has 5 fields (minute, hour, day of month, month, day of week), or 6 with seconds in front, or is one of {string.Join(", ", Shorthands.Keys)}; this one has {fields.Length}."));
        }

        try
        {
            return (new CronExpression(fields.Length == 6 ? fields : ["0", .. fields], seed), null);
        }
        catch (CronException e)
        {
            return (null, e.Mistake);
        }
    }

    /// <summary>The first time at or after another, in whole seconds; null when there is none within 50 years.</summary>
    public DateTime? Next(DateTime from)
    {
        if (Has(months, from.Month) && Has(days.Of(from.Year, from.Month), from.Day) && NextTime(from.Hour, from.Minute, from.Second) is { } time)
            return from.Date + time;
        var first = NextTime(0, 0, 0);
        return first is null || NextDay(from) is not { } day ? null : day + first;
    }

    /// <summary>The first day after that of <paramref name="from"/>.</summary>
    private DateTime? NextDay(DateTime from)
    {
        var (year, month, after) = (from.Year, from.Month, from.Day);
        for (var i = 0; i < YearsMax * 12; i++)
        {
            if (Has(months, month) && First(days.Of(year, month), after + 1) is >= 0 and var day)
                return new DateTime(year, month, day);
            after = 0;
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1);
        }

        return null;
    }

    private TimeSpan? NextTime(int hour, int minute, int second)
    {
        if (Has(hours, hour))
        {
            if (Has(minutes, minute) && First(seconds, second) is >= 0 and var s)
                return new TimeSpan(hour, minute, s);
            if (First(minutes, minute + 1) is >= 0 and var m)
                return new TimeSpan(hour, m, First(seconds, 0));
        }

        return First(hours, hour + 1) is >= 0 and var h ? new TimeSpan(h, First(minutes, 0), First(seconds, 0)) : null;
    }

    private static bool Has(ulong bits, int value) => (bits & (1UL << value)) != 0;

    /// <summary>The lowest bit at or above another; -1 when there is none.</summary>
    private static int First(ulong bits, int from)
    {
        var rest = from > 63 ? 0 : bits >> from << from;
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }
}
