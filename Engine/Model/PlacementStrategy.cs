namespace Orleans.Runtime;

/// <summary>Names how the silo for a new activation is picked. With one silo every pick is that silo.</summary>
public abstract class PlacementStrategy
{
    /// <summary>Whether an id has at most one activation in the cluster.</summary>
    public virtual bool IsUsingGrainDirectory => true;
}

internal sealed class StatelessWorkerPlacement(int maxLocal) : PlacementStrategy
{
    public override bool IsUsingGrainDirectory => false;
    internal int MaxLocal { get; } = maxLocal > 0 ? maxLocal : Environment.ProcessorCount;
}
