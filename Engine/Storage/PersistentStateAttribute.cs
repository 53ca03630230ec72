namespace Orleans.Runtime;

/// <summary>Asks for a stored state in a grain's constructor.</summary>
/// <param name="stateName">Tells apart the states of one grain.</param>
/// <param name="storageName">The storage provider's name; without it, the one named <c>Default</c>.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
{
    /// <summary>Tells apart the states of one grain.</summary>
    public string StateName { get; } = stateName ?? throw new ArgumentNullException(nameof(stateName));
    /// <summary>The storage provider's name; null for the default one.</summary>
    public string? StorageName { get; } = storageName;
}
