using Hearth.Cluster;
using Orleans.Embedded;
using Orleans.Runtime;

namespace Hearth.Engines;

/// <summary>Tells the engine where grains live, by what this silo's membership knows.</summary>
internal sealed class GrainLocator(MembershipAgent membership) : IGrainLocator
{
    public event Action? Changed
    {
        add => membership.Changed += value;
        remove => membership.Changed -= value;
    }

    public string Self => membership.Self;

    public long Version => membership.Placement.Version;

    public string? Locate(PlacementStrategy? strategy, string key) => strategy switch
    {
        PoolPlacement => membership.Placement.HomeOf(key),
        SiloPlacement => SiloPlacement.SiloOf(key) is var silo && membership.Placement.Lives(silo) ? silo : null,
        _ => Self,
    };

    public IEnumerable<string> FormerHomes(PlacementStrategy? strategy, string key) => strategy is PoolPlacement ? membership.Placement.FormerHomesOf(key) : [];

    public SiloEndpoint? EndpointOf(string silo) => membership.Placement.EndpointOf(silo);

    public string? SiloOfCertificate(ReadOnlySpan<byte> sha256) => membership.Placement.SiloOf(sha256);

    public Task RefreshAsync(long version, CancellationToken cancellationToken) =>
        membership.Placement.Version >= version ? Task.CompletedTask : LookAsync(cancellationToken);

    public void Refused(string silo) => membership.Refused(silo);

    private async Task LookAsync(CancellationToken cancellationToken) =>
        await membership.LookAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
