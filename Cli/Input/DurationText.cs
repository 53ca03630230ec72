using System.Globalization;
using System.Xml;

namespace Hearth.Cli.Input;

/// <summary>Durations as the API takes them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>1d</c>, <c>PT30S</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan One)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <exception cref="UsageException">It is none.</exception>
    public static TimeSpan Parse(string text, string option)
    {
        try
        {
            if (text.StartsWith('P') && XmlConvert.ToTimeSpan(text) is var iso && iso >= TimeSpan.Zero)
                return iso;
            foreach (var (unit, one) in Units)
            {
                if (text.EndsWith(unit, StringComparison.Ordinal)
                    && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                    return one * number;
            }
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            // Told below.
        }

        throw new UsageException($"{option}: '{text}' is not a duration: write 500ms, 30s, 5m, 1h, 1d or PT30S.");
    }
}
