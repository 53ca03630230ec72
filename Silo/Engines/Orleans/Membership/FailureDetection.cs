using Orleans.Configuration;

namespace Hearth.Engines;

/// <summary>
/// When Orleans takes a silo for dead: after about 3 s in which probes were not answered, on the word of two others (of one where there are only two).
/// Far sooner than by default, which is safe because a mistake costs repeated attempts only: epochs guard the store whatever the membership says,
/// docs/decisions/0012-orleans-engine.md.
/// </summary>
internal static class FailureDetection
{
    public static void Tune(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.DeathVoteExpirationTimeout = TimeSpan.FromSeconds(30);
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        // A silo that starts does not wait for those that have not been heard of for three times this long.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedTableIAmAliveLimit = 3;
        options.MaxJoinAttemptTime = TimeSpan.FromSeconds(60);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
