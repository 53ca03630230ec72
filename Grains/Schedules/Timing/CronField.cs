using System.Globalization;
using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>One of the fields of an expression: what it may hold, and how values, ranges, steps and <c>H</c> are read.</summary>
internal sealed class CronField(string name, int min, int max, string[]? names = null)
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static CronField Second { get; } = new("second", 0, 59);

    public static CronField Minute { get; } = new("minute", 0, 59);

    public static CronField Hour { get; } = new("hour", 0, 23);

    public static CronField DayOfMonth { get; } = new("day of month", 1, 31);

    public static CronField Month { get; } = new("month", 1, 12, Months);

    public static CronField DayOfWeek { get; } = new("day of week", 0, 7, Days);

    public string Name => name;

    /// <summary>The values of a list, as bits.</summary>
    /// <param name="text">The field.</param>
    /// <param name="seed">What <c>H</c> is reckoned from.</param>
    /// <param name="isStepped">Whether a wildcard or a step stands in it.</param>
    public ulong Read(string text, string seed, out bool isStepped)
    {
        isStepped = false;
        var bits = 0UL;
        foreach (var item in text.Split(','))
        {
            bits |= ReadItem(item, seed, out var isOneStepped);
            isStepped |= isOneStepped;
        }

        return bits;
    }

    /// <summary>The values of one item.</summary>
    public ulong ReadItem(string item, string seed, out bool isStepped)
    {
        var slash = item.IndexOf('/', StringComparison.Ordinal);
        var (range, step) = slash < 0 ? (item, 1) : (item[..slash], ReadStep(item[(slash + 1)..], item));
        isStepped = slash >= 0 || range is "*" or "?";
        var (first, last) = ReadRange(range, slash >= 0, item);
        if (range.StartsWith('H'))
            (first, last) = Spread(first, last, slash < 0 ? last - first + 1 : step, isOne: slash < 0, seed);
        var bits = 0UL;
        for (var value = first; value <= last; value += step)
            bits |= 1UL << (this == DayOfWeek && value == 7 ? 0 : value);
        return bits;
    }

    /// <summary>A number or a name.</summary>
    public int ReadValue(string text, string item)
    {
        if (names is not null && Array.FindIndex(names, n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var index)
            return index + min;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw Wrong(item);
    }

    public CronException Wrong(string item, string? why = null)
    {
        var shown = item.Length > 40 ? item[..40] + "…" : item;
        return new CronException(new JobMistake(
            "cron", $"{name} '{shown}' cannot be read{(why is null ? "" : ": " + why)}. {Allowed}"));
    }

    private string Allowed
    {
        get
        {
            var values = string.Create(CultureInfo.InvariantCulture, $"It takes {min} to {max}{(names is null ? "" : $" or {names[0]} to {names[^1]}")}, ");
            return values + "*, lists (1,2), ranges (1-5), steps (*/5, 1-30/5) and H"
                + (this == DayOfMonth ? ", L (the last), L-3, 15W (the weekday nearest to the 15th), LW"
                    : this == DayOfWeek ? ", 5L (the last Friday), 5#2 (the second)" : "")
                + ".";
        }
    }

    /// <summary>
    /// <c>H</c> is one value of its range, <c>H/n</c> begins with one of the first n; which, the schedule's name says. Days of the month stop at
    /// the 28th, which every month has.
    /// </summary>
    private (int First, int Last) Spread(int first, int last, int count, bool isOne, string seed)
    {
        var start = first + (int)(StableHash.Of(seed + "/" + name) % (ulong)Math.Min(count, last - first + 1));
        return (start, isOne ? start : last);
    }

    private (int First, int Last) ReadRange(string range, bool hasStep, string item)
    {
        if (range is "*" or "?" or "H")
            return (min, range == "H" && this == DayOfMonth ? 28 : this == DayOfWeek ? 6 : max);
        if (range.StartsWith("H(", StringComparison.Ordinal) && range.EndsWith(')'))
            range = range[2..^1];
        else if (range.StartsWith('H'))
            throw Wrong(item, "H stands alone, before a step or with a range: H, H/15, H(0-29)");
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            var value = ReadValue(range, item);
            // 7 is another name of 0.
            return hasStep ? (value, this == DayOfWeek && value < 7 ? 6 : max) : (value, value);
        }

        var (first, last) = (ReadValue(range[..dash], item), ReadValue(range[(dash + 1)..], item));
        return first <= last ? (first, last) : throw Wrong(item, "the range ends before it begins; write it as two, such as 22-23,0-2");
    }

    private int ReadStep(string text, string item) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) && step >= 1 && step <= max
            ? step
            : throw Wrong(item, string.Create(CultureInfo.InvariantCulture, $"a step is 1 to {max}"));
}
