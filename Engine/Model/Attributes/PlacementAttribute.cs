using Orleans.Runtime;

namespace Orleans.Placement;

/// <summary>Base of attributes that give a grain class its placement.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public abstract class PlacementAttribute : Attribute
{
    /// <param name="placement">What the class's activations are placed by.</param>
    protected PlacementAttribute(PlacementStrategy placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        PlacementStrategy = placement;
    }

    /// <summary>What the class's activations are placed by.</summary>
    public PlacementStrategy PlacementStrategy { get; }
}
