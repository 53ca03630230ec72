using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Hearth.Engines;

/// <summary>Where there is one silo, every grain lives on it, whatever its key says.</summary>
internal sealed class HereDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(context.LocalSilo);
}
