using System.Numerics;

namespace Hearth.Schedules;

/// <summary>The days of a month that an expression means. Where day of month and day of week are both given, either will do, as in every cron.</summary>
internal sealed class CronDays
{
    private readonly bool isAnyDate = true;
    private readonly bool isAnyWeekday = true;
    private readonly uint dates;
    private readonly uint daysBeforeLast;
    private readonly uint nearest;
    private readonly bool lastWeekday;
    private readonly uint weekdays;
    private readonly uint lastOfWeekday;
    private readonly uint[] nth = new uint[6];

    /// <exception cref="CronException">One of the fields cannot be read.</exception>
    public CronDays(string ofMonth, string ofWeek, string seed)
    {
        if (ofMonth is not ("*" or "?"))
        {
            isAnyDate = false;
            foreach (var item in ofMonth.Split(','))
            {
                if (item == "LW")
                    lastWeekday = true;
                else if (item == "L")
                    daysBeforeLast |= 1;
                else if (item.StartsWith("L-", StringComparison.Ordinal))
                    daysBeforeLast |= 1u << ReadBeforeLast(item);
                else if (item.EndsWith('W'))
                    nearest |= 1u << CronField.DayOfMonth.ReadValue(item[..^1], item);
                else
                    dates |= (uint)CronField.DayOfMonth.ReadItem(item, seed, out _);
            }
        }

        if (ofWeek is "*" or "?")
            return;
        isAnyWeekday = false;
        foreach (var item in ofWeek.Split(','))
        {
            var hash = item.IndexOf('#', StringComparison.Ordinal);
            if (item == "L")
                throw CronField.DayOfWeek.Wrong(item, "say which day is meant: 5L is the last Friday of the month, 6 every Saturday");
            if (hash >= 0)
                nth[ReadNth(item, hash)] |= Weekday(item[..hash], item);
            else if (item.EndsWith('L'))
                lastOfWeekday |= Weekday(item[..^1], item);
            else
                weekdays |= (uint)CronField.DayOfWeek.ReadItem(item, seed, out _);
        }
    }

    /// <summary>Bits 1 to 31.</summary>
    public uint Of(int year, int month)
    {
        var length = DateTime.DaysInMonth(year, month);
        var all = (uint)((1UL << (length + 1)) - 2);
        if (isAnyDate && isAnyWeekday)
            return all;
        var first = (int)new DateOnly(year, month, 1).DayOfWeek;
        return all & ((isAnyDate ? 0 : Dates(length, first)) | (isAnyWeekday ? 0 : Weekdays(length, first)));
    }

    private uint Dates(int length, int first)
    {
        var days = dates;
        for (var rest = daysBeforeLast; rest != 0; rest &= rest - 1)
        {
            if (length - BitOperations.TrailingZeroCount(rest) is > 0 and var day)
                days |= 1u << day;
        }

        for (var rest = nearest; rest != 0; rest &= rest - 1)
        {
            if (BitOperations.TrailingZeroCount(rest) is var day && day <= length)
                days |= 1u << Nearest(day, length, first);
        }

        return lastWeekday ? days | (1u << Nearest(length, length, first)) : days;
    }

    /// <summary>The weekday nearest to a day, in the same month.</summary>
    private static int Nearest(int day, int length, int first) => ((first + day - 1) % 7) switch
    {
        6 => day == 1 ? 3 : day - 1,
        0 => day == length ? day - 2 : day + 1,
        _ => day,
    };

    private uint Weekdays(int length, int first)
    {
        var days = 0u;
        for (var day = 1; day <= length; day++)
        {
            var weekday = 1u << ((first + day - 1) % 7);
            if (((weekdays | nth[((day - 1) / 7) + 1] | (day > length - 7 ? lastOfWeekday : 0)) & weekday) != 0)
                days |= 1u << day;
        }

        return days;
    }

    private static int ReadBeforeLast(string item) =>
        int.TryParse(item.AsSpan(2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) && days is >= 1 and <= 30
            ? days
            : throw CronField.DayOfMonth.Wrong(item, "L-1 to L-30 are so many days before the last");

    private static int ReadNth(string item, int hash) => item[(hash + 1)..] is [>= '1' and <= '5' and var digit]
        ? digit - '0'
        : throw CronField.DayOfWeek.Wrong(item, "behind # stands 1 to 5: 5#2 is the second Friday");

    private static uint Weekday(string text, string item) => 1u << (CronField.DayOfWeek.ReadValue(text, item) % 7);
}
