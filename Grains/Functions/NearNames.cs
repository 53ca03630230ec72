namespace Hearth.Functions;

/// <summary>Names that a caller may have meant who gave one that is not there.</summary>
internal static class NearNames
{
    /// <summary>Nearest first; three at most.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> served) =>
    [
        .. served
            .Select(known => (known, distance: Distance(name, known)))
            .Where(x => x.distance <= Math.Max(2, x.known.Length / 3) || x.known.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            .OrderBy(x => x.distance).ThenBy(x => x.known, StringComparer.Ordinal)
            .Take(3).Select(x => x.known),
    ];

    /// <summary>Levenshtein distance, case ignored; bounded because names are.</summary>
    private static int Distance(string asked, string served)
    {
        if (asked.Length > FunctionName.LengthMax)
            return int.MaxValue;
        var row = Enumerable.Range(0, served.Length + 1).ToArray();
        for (var i = 1; i <= asked.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= served.Length; j++)
            {
                var substitute = diagonal + (char.ToLowerInvariant(asked[i - 1]) == served[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[served.Length];
    }
}
