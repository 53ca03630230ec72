using Orleans.Runtime;

namespace Hearth.Engines;

internal static class Members
{
    /// <summary>The address of the silo with an id; null when it is not active.</summary>
    public static SiloAddress? Find(this IClusterMembershipService membership, string id) => membership.CurrentSnapshot.Members.Values
        .FirstOrDefault(member => member.Status == SiloStatus.Active && member.Name == id)?.SiloAddress;
}
