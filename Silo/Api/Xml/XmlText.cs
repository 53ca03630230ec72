using System.Buffers;

namespace Hearth.Api.Xml;

/// <summary>What XML 1.0 says about characters (productions 2 and 3), for text without broken surrogate pairs.</summary>
internal static class XmlText
{
    private const string Blanks = " \t\r\n";

    private static readonly SearchValues<char> BlankSet = SearchValues.Create(Blanks);

    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c).Except(Blanks), '\uFFFE', '\uFFFF']);

    public static bool Fits(ReadOnlySpan<char> text) => !text.ContainsAny(Forbidden);

    public static bool IsBlank(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(BlankSet);

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(Blanks);

    /// <summary>For documents that have no notation for other characters: they become U+FFFD.</summary>
    public static string Fit(string text) => Fits(text)
        ? text
        : string.Create(text.Length, text, static (target, source) =>
        {
            source.CopyTo(target);
            for (var i = 0; i < target.Length; i++)
                if (Forbidden.Contains(target[i])) target[i] = '\uFFFD';
        });

    /// <summary>The start of a caller's text, for an error message.</summary>
    public static string Quote(string text) => Head(text, XmlLimits.QuoteCharsMax);

    public static string Head(string text, int charsMax)
    {
        if (text.Length <= charsMax) return text;
        var end = char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax;
        return text[..end] + "...";
    }

    public static string Tail(string text, int charsMax)
    {
        if (text.Length <= charsMax) return text;
        var start = text.Length - charsMax;
        return "..." + text[(char.IsLowSurrogate(text[start]) ? start + 1 : start)..];
    }
}
