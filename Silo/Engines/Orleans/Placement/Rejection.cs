using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace Hearth.Engines;

/// <summary>Tells callers that their call has not run.</summary>
internal static class Rejection
{
    public static OrleansMessageRejectionException Of(string message) => New(message);

    /// <summary>Orleans keeps its constructor to itself, and it is the one error by which callers know that they may try again.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern OrleansMessageRejectionException New(string message);
}

internal static class Members
{
    /// <summary>The address of the silo with an id; null when it is not active.</summary>
    public static SiloAddress? Find(this IClusterMembershipService membership, string id) => membership.CurrentSnapshot.Members.Values
        .FirstOrDefault(member => member.Status == SiloStatus.Active && member.Name == id)?.SiloAddress;
}
