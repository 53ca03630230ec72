namespace Hearth.Functions.BuiltIn;

/// <param name="Lines">Lines; one more than line feeds unless the text ends in one.</param>
/// <param name="Words">Runs of characters that are not white space.</param>
/// <param name="Characters">UTF-16 code units.</param>
public sealed record WordCountOutput(int Lines, int Words, int Characters);

internal static class WordCount
{
    public static WordCountOutput Count(string text)
    {
        var (lines, words, inWord) = (0, 0, false);
        foreach (var c in text)
        {
            if (c == '\n')
                lines++;
            var isSpace = char.IsWhiteSpace(c);
            if (!isSpace && !inWord)
                words++;
            inWord = !isSpace;
        }

        return new WordCountOutput(text.Length > 0 && text[^1] != '\n' ? lines + 1 : lines, words, text.Length);
    }
}
