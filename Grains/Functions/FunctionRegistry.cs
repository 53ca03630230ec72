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

    /// <summary>Those that callers may name, in no order.</summary>
    public IEnumerable<ServedFunction> Offered => current.Values.Where(f => !f.Options.IsHidden);

    /// <summary>Those served, and those exchanged whose runs have not ended.</summary>
    public IReadOnlyList<ServedFunction> EverServed => everServed;

    /// <summary>Those of the code.</summary>
    public IEnumerable<ServedFunction> FromCode => code.Values;

    public ServedFunction? Find(string name) => current.GetValueOrDefault(name);

    /// <summary>The function that a caller names.</summary>
    public ServedFunction? FindOffered(string name) => Find(name) is { Options.IsHidden: false } function ? function : null;

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
    public IReadOnlyList<string> Near(string name) => NearNames.Of(name, Offered.Select(f => f.Name));
}
