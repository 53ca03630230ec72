namespace Hearth.Api.Xml;

/// <summary>
/// The member names of one open object, kept for the next object at the same depth. A set that grew large is dropped:
/// clearing takes time by its capacity, so one wide object followed by many small ones would cost their product.
/// </summary>
internal sealed class SeenMembers
{
    private const int ReusedCapacityMax = 64;

    private HashSet<string> names = new(StringComparer.Ordinal);

    public void Clear()
    {
        if (names.Capacity > ReusedCapacityMax) names = new HashSet<string>(StringComparer.Ordinal);
        else names.Clear();
    }

    /// <summary>False for a name that the object already has.</summary>
    public bool Add(string name) => names.Add(name);
}
