using System.Globalization;

namespace Hearth;

/// <summary>Times as RFC 3339 writes them: <c>2026-11-21T17:26:12Z</c>, with any offset, and fractions as fine as 100 ns.</summary>
internal static class TimeText
{
    public const string Example = "a time such as \"2030-01-31T12:00:00Z\" or \"2030-01-31T13:00:00+01:00\" (RFC 3339, with an offset)";

    private const int LengthMax = 64;
    private const int FractionDigits = 7;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:sszzz"];

    /// <returns>Null when it cannot be read.</returns>
    public static DateTimeOffset? Parse(string text)
    {
        if (text.Length is < 20 or > LengthMax)
            return null;
        var upper = text.ToUpperInvariant();
        var offset = upper.EndsWith('Z') ? "+00:00" : upper[^6..];
        var local = upper.EndsWith('Z') ? upper[..^1] : upper[..^6];
        if (offset[0] is not ('+' or '-') || offset[3] != ':')
            return null;
        var dot = local.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0 && !IsFraction(local.AsSpan(dot + 1)))
            return null;
        // What is finer than a clock tick is cut off.
        var cut = dot < 0 ? local : local[..Math.Min(local.Length, dot + 1 + FractionDigits)];
        return DateTimeOffset.TryParseExact(cut + offset, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToUniversalTime()
            : null;
    }

    private static bool IsFraction(ReadOnlySpan<char> text) => text.Length > 0 && text.IndexOfAnyExceptInRange('0', '9') < 0;
}
