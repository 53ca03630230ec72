using Orleans.Activations;

namespace Orleans.Runtime;

/// <summary>
/// Values that travel with a call and the calls that it makes, but not back. A value must not be changed once it is set.
/// </summary>
public static class RequestContext
{
    private const string ReentrancyKey = "#CCR";
    private static readonly AsyncLocal<Dictionary<string, object>?> s_values = new();

    /// <summary>The names of the values that are set.</summary>
    public static IEnumerable<string> Keys => Values?.Keys ?? Enumerable.Empty<string>();

    /// <summary>The values that are set, with their names.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => Values ?? Enumerable.Empty<KeyValuePair<string, object>>();

    /// <summary>Calls with this id may enter the activations that allowed it; <see cref="Guid.Empty"/> when there is none.</summary>
    public static Guid ReentrancyId
    {
        get => ReentrancyIdOf(Values);
        set
        {
            if (value == Guid.Empty)
                Remove(ReentrancyKey);
            else
                Set(ReentrancyKey, value);
        }
    }

    // Never changed in place: callers, turns and requests share it.
    internal static Dictionary<string, object>? Values
    {
        get => s_values.Value;
        set => s_values.Value = value;
    }

    /// <summary>The value of that name, or null.</summary>
    public static object? Get(string key) => Values?.GetValueOrDefault(key);

    /// <summary>Sets a value for the calls that this flow makes from now on.</summary>
    public static void Set(string key, object value) =>
        Values = Values is { } set ? new(set) { [key] = value } : new(1) { [key] = value };

    /// <summary>Takes a value out.</summary>
    /// <returns>Whether it was set.</returns>
    public static bool Remove(string key)
    {
        if (Values is not { } set || !set.ContainsKey(key))
            return false;
        var rest = new Dictionary<string, object>(set);
        rest.Remove(key);
        Values = rest.Count == 0 ? null : rest;
        return true;
    }

    /// <summary>Takes all values out.</summary>
    public static void Clear()
    {
        if (Values is not null)
            Values = null;
    }

    /// <summary>Until disposed, calls that stem from this flow may enter the calling grain although it is busy with it.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var before = ReentrancyId;
        return new(before, before == Guid.Empty ? Guid.NewGuid() : before);
    }

    /// <summary>Until disposed, takes back <see cref="AllowCallChainReentrancy"/> for the calls that this flow makes.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    internal static Guid ReentrancyIdOf(Dictionary<string, object>? values) =>
        values?.GetValueOrDefault(ReentrancyKey) is Guid id ? id : Guid.Empty;

    /// <summary>The time during which call-chain reentrancy is allowed or suppressed.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _before;
        private readonly Guid _within;

        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            (_before, _within) = (originalReentrancyId, newReentrancyId);
            ReentrancyId = _within;
            if (_within != Guid.Empty)
                Activation.Current?.EnterReentrantSection(_within);
        }

        public void Dispose()
        {
            if (_within != Guid.Empty)
                Activation.Current?.LeaveReentrantSection(_within);
            ReentrancyId = _before;
        }
    }
}
