using System.Text.RegularExpressions;

namespace Hearth.Jobs.Errors;

/// <summary>What errors of one kind have in common: their text without what differs from job to job.</summary>
internal static partial class ErrorText
{
    private const int LengthMax = 200;

    /// <summary>The first line, at most 200 characters, with … for what was in quotes and # for numbers and ids.</summary>
    public static string Normalise(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return "";
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        var plain = (end < 0 ? line : line[..end]).TrimEnd().ToString();
        plain = Quoted().Replace(plain, "${before}'…'");
        plain = Identifier().Replace(plain, "#");
        plain = Number().Replace(plain, "#");
        plain = Blanks().Replace(plain, " ");
        return plain.Length <= LengthMax ? plain : string.Concat(plain.AsSpan(0, LengthMax - 1), "…");
    }

    /// <summary>An apostrophe within a word begins no quotation.</summary>
    [GeneratedRegex("""(?<before>^|[^\w])(?:'[^']*'|"[^"]*"|`[^`]*`)""", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    /// <summary>UUIDs, and eight or more hexadecimal digits, which no words are made of.</summary>
    [GeneratedRegex(@"\b(?:0x)?[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*\b", RegexOptions.NonBacktracking)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"[0-9]+(?:[.,:][0-9]+)*", RegexOptions.NonBacktracking)]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();
}
