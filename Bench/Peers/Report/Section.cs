namespace Hearth.Bench.Peers;

/// <summary>The part of a document that a program writes, between two comments.</summary>
internal static class Section
{
    public const string Begin = "<!-- figures: written by `peers` -->";
    public const string End = "<!-- end of figures -->";

    /// <exception cref="FormatException">The document has no such part.</exception>
    public static string Replace(string document, string content)
    {
        var begin = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new FormatException($"The document needs a line '{Begin}' and after it a line '{End}'.");
        return $"{document[..(begin + Begin.Length)]}\n\n{content.Trim()}\n\n{document[end..]}";
    }
}
