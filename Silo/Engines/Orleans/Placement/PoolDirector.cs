using Hearth.Cluster;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Hearth.Engines;

/// <inheritdoc cref="PoolPlacementAttribute"/>
internal sealed class PoolDirector(IClusterView cluster, IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        return cluster.Current.HomeOf(key) is { } home && membership.Find(home) is { } silo
            ? Task.FromResult(silo)
            : throw new NotTakenException($"No silo takes the work of pool '{PoolPlacement.PoolOf(key)}': start one with --pool {PoolPlacement.PoolOf(key)}.");
    }
}
