using Hearth.Cluster;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Hearth.Engines;

/// <inheritdoc cref="SiloPlacementAttribute"/>
internal sealed class SiloDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silo = SiloPlacement.SiloOf(target.GrainIdentity.Key.ToString()!);
        return membership.Find(silo) is { } address ? Task.FromResult(address) : throw new NotTakenException($"Silo {silo} has gone.");
    }
}
