using Hearth.Cluster;

namespace Hearth.Api.Cluster;

/// <summary>A silo as the API shows it.</summary>
/// <param name="Name">Its name; unique among those that live.</param>
/// <param name="Id">Unique to this start of it.</param>
/// <param name="Status">active, or draining: it takes no new work.</param>
/// <param name="Pools">The pools whose work it takes.</param>
/// <param name="Roles">frontend, worker.</param>
/// <param name="Load">How busy it is.</param>
/// <param name="Http">Where it serves HTTP; null when it does not.</param>
/// <param name="Version">Of Hearth.</param>
/// <param name="StartedAt">When it joined.</param>
/// <param name="RenewedAt">Its last heartbeat.</param>
/// <param name="IsSelf">Whether it is the one that answers.</param>
internal sealed record SiloDocument(
    string Name, string Id, string Status, IReadOnlyList<string> Pools, IReadOnlyList<string> Roles, SiloLoadDocument Load, string? Http, string Version,
    DateTimeOffset StartedAt, DateTimeOffset RenewedAt, bool IsSelf)
{
    public static SiloDocument From(SiloView silo, string self) => new(
        silo.Name, silo.Id, silo.Status == SiloStatus.Draining ? "draining" : "active", silo.Pools, [.. RolesOf(silo.Roles)],
        new SiloLoadDocument(silo.Load.Running, silo.Load.Waiting), silo.Http, silo.Version, silo.StartedAt, silo.RenewedAt, silo.Id == self);

    private static IEnumerable<string> RolesOf(SiloRoles roles)
    {
        if (roles.HasFlag(SiloRoles.Frontend))
            yield return "frontend";
        if (roles.HasFlag(SiloRoles.Worker))
            yield return "worker";
    }
}

/// <param name="Running">Calls and attempts under way.</param>
/// <param name="Waiting">Calls that wait for a slot.</param>
internal sealed record SiloLoadDocument(int Running, int Waiting);

/// <param name="Version">Of the view; grows with every change.</param>
/// <param name="Silos">By name.</param>
internal sealed record SilosDocument(long Version, IReadOnlyList<SiloDocument> Silos);

/// <summary>The pools.</summary>
internal sealed record PoolsDocument(IReadOnlyList<PoolView> Pools);
