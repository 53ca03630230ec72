using System.Globalization;
using Hearth.Cluster;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Hearth.Engines;

/// <summary>What a silo tells the others once, as Orleans' silo metadata.</summary>
/// <param name="PoolNames">The labels that it carries.</param>
/// <param name="Does">What it does.</param>
/// <param name="HearthVersion">Of Hearth.</param>
internal sealed record SiloLabels(IReadOnlyList<string> PoolNames, SiloRoles Does, string HearthVersion)
{
    public const string Pools = "hearth.pools";
    public const string Roles = "hearth.roles";
    public const string Version = "hearth.version";

    /// <summary>Null until they have been fetched.</summary>
    public static SiloLabels? From(SiloMetadata metadata)
    {
        if (!metadata.Metadata.TryGetValue(Roles, out var roles) || !int.TryParse(roles, NumberStyles.None, CultureInfo.InvariantCulture, out var does))
            return null;
        var pools = metadata.Metadata.GetValueOrDefault(Pools) ?? "";
        return new(pools.Split(',', StringSplitOptions.RemoveEmptyEntries), (SiloRoles)does, metadata.Metadata.GetValueOrDefault(Version) ?? "");
    }
}
