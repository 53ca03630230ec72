using System.Collections.Frozen;

namespace Hearth.Functions;

/// <summary>
/// The functions that this silo serves: those of the code, fixed at start, and those of the manifests, exchanged as a whole when the
/// folder changes. Readers see one snapshot.
/// </summary>
internal sealed class FunctionRegistry
{
    private readonly Lock gate = new();
    private readonly FrozenDictionary<string, ServedFunction> code;
    private volatile FrozenDictionary<string, ServedFunction> current;
    private volatile ServedFunction[] everServed;

    public FunctionRegistry(IEnumerable<ServedFunction> fromCode)
    {
        code = fromCode.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        current = code;
        everServed = [.. code.Values];
    }

    /// <summary>Raised after the served functions have changed.</summary>
    public event Action? Changed;

    /// <summary>By name, in no order.</summary>
    public IReadOnlyDictionary<string, ServedFunction> All => current;

    /// <summary>Those served, and those exchanged whose runs have not ended.</summary>
    public IReadOnlyList<ServedFunction> EverServed => everServed;

    /// <summary>Those of the code.</summary>
    public IEnumerable<ServedFunction> FromCode => code.Values;

    public ServedFunction? Find(string name) => current.GetValueOrDefault(name);

    /// <summary>Exchanges the functions that came from manifests.</summary>
    /// <returns>Names that were refused because the code serves a function of that name.</returns>
    public IReadOnlyList<string> Exchange(IReadOnlyCollection<ServedFunction> fromManifests)
    {
        var refused = fromManifests.Where(f => code.ContainsKey(f.Name)).Select(f => f.Name).ToList();
        lock (gate)
        {
            var next = code.ToDictionary(StringComparer.Ordinal);
            foreach (var function in fromManifests)
                next.TryAdd(function.Name, function);
            current = next.ToFrozenDictionary(StringComparer.Ordinal);
            everServed = [.. everServed.Where(f => f.Slots.InUse > 0).Union(next.Values)];
        }

        Changed?.Invoke();
        return refused;
    }

    /// <summary>Served names that a caller may have meant, nearest first; three at most.</summary>
    public IReadOnlyList<string> Near(string name) =>
    [
        .. current.Keys
            .Select(served => (served, distance: Distance(name, served)))
            .Where(x => x.distance <= Math.Max(2, x.served.Length / 3) || x.served.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            .OrderBy(x => x.distance).ThenBy(x => x.served, StringComparer.Ordinal)
            .Take(3).Select(x => x.served),
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
