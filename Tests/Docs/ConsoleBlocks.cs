using System.Text.RegularExpressions;

namespace Hearth.Tests.Docs;

/// <summary>The commands of a document's <c>console</c> blocks, each with the output that it promises; <c>...</c> stands for anything.</summary>
internal static class ConsoleBlocks
{
    public static IEnumerable<(string Command, string Output)> Of(string markdown)
    {
        foreach (Match block in Regex.Matches(markdown, "^```console\n(?<lines>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.NonBacktracking))
        {
            foreach (var part in ("\n" + block.Groups["lines"].Value).Split("\n$ ", StringSplitOptions.RemoveEmptyEntries))
            {
                var lines = part.Split('\n', 2);
                yield return (lines[0], lines.Length == 1 ? "" : lines[1].Trim());
            }
        }
    }

    public static bool Matches(string promised, string output) => Regex.IsMatch(
        output.Trim(), "^" + string.Join(".*?", promised.Split("...").Select(Regex.Escape)) + "$", RegexOptions.Singleline | RegexOptions.NonBacktracking);
}
