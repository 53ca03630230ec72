using System.Text;

namespace Hearth.Storage;

/// <summary>Texts that begin alike are a range in the order of code points, which is that of UTF-8's bytes.</summary>
internal static class TextRange
{
    /// <summary>The first text behind all that begin with <paramref name="prefix"/>.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static string EndOf(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0 && runes[^1].Value == 0x10FFFF)
            runes.RemoveAt(runes.Count - 1);
        if (runes.Count == 0)
            throw new ArgumentException("No text is behind these.", nameof(prefix));
        // Surrogates are no code points of their own.
        runes[^1] = new Rune(runes[^1].Value == 0xD7FF ? 0xE000 : runes[^1].Value + 1);
        return string.Concat(runes);
    }
}
