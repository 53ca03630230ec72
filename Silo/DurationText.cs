using System.Globalization;
using System.Xml;

namespace Hearth;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>1d</c>, or ISO 8601 (<c>PT30S</c>).</summary>
internal static class DurationText
{
    /// <summary>27,777 years: what is longer is no duration that anybody means, and near what a <see cref="TimeSpan"/> holds.</summary>
    private const double SecondsMax = 8.76e11;

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

    /// <returns>Null when it cannot be read, or is negative.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (text.StartsWith('P'))
            return Iso(text) is { } duration && duration >= TimeSpan.Zero ? duration : null;
        foreach (var (unit, seconds) in Units)
            if (text.EndsWith(unit, StringComparison.Ordinal) && Number(text[..^unit.Length]) is { } number && number * seconds < SecondsMax)
                return TimeSpan.FromSeconds(number * seconds);
        return null;
    }

    /// <summary>The shortest way to write it: in the largest unit of which it is a whole number, <c>90s</c> as <c>90s</c>; else ISO 8601.</summary>
    public static string Write(TimeSpan duration)
    {
        foreach (var (unit, seconds) in Units.Reverse())
        {
            var ticks = (long)(seconds * TimeSpan.TicksPerSecond);
            if (duration.Ticks % ticks == 0)
                return (duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
        }

        return XmlConvert.ToString(duration);
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1e9
            ? number
            : null;

    private static TimeSpan? Iso(string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            // The caller words the refusal.
            return null;
        }
    }
}
