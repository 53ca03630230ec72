namespace Hearth.Tests.Support.Faults;

/// <summary>Lines of fields between tabs, which a crash may cut short at the end of a file.</summary>
internal static class LedgerLines
{
    public static string Format(params ReadOnlySpan<string> fields)
    {
        var clean = fields.ToArray().Select(f => f.Replace('\t', ' ').Replace('\r', ' ').Replace('\n', ' '));
        return string.Join('\t', clean) + "\n";
    }

    public static IEnumerable<string[]> Read(string path, int fields)
    {
        var text = File.ReadAllText(path);
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('\t');
            yield return parts.Length == fields ? parts : throw new InvalidDataException($"{path}: {line}");
        }
    }
}
