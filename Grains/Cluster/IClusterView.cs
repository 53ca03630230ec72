namespace Hearth.Cluster;

/// <summary>What this silo knows of the cluster. One implementation for each engine, and one for a silo that is alone.</summary>
internal interface IClusterView
{
    /// <summary>The id of this silo.</summary>
    string Self { get; }

    /// <summary>The silos as of now. Reading it costs nothing.</summary>
    ClusterSnapshot Current { get; }

    /// <summary>
    /// Whether this silo may start jobs: its lease stands and it is not draining. Calls go on without.
    /// </summary>
    bool MayStartJobs { get; }

    /// <summary>Raised after a silo came, went, or changed its status, and when <see cref="MayStartJobs"/> changed; not for load. Handlers return at once.</summary>
    event Action? Changed;

    /// <summary>Takes a silo's name out of use for new work: its grains move away, its pump starts nothing; what runs there ends.</summary>
    /// <param name="name">The name or id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when there is no such silo.</returns>
    Task<bool> DrainAsync(string name, CancellationToken cancellationToken);
}

/// <param name="Version">Grows with every change of who is there and how.</param>
/// <param name="Silos">Those that live, by name; this one among them.</param>
internal sealed record ClusterSnapshot(long Version, IReadOnlyList<SiloView> Silos)
{
    /// <summary>A silo by id; null when it does not live.</summary>
    public SiloView? Find(string id)
    {
        // Asked for each submission and each lease: no closure.
        for (var i = 0; i < Silos.Count; i++)
        {
            if (Silos[i].Id == id)
                return Silos[i];
        }

        return null;
    }

    /// <summary>Those that carry a pool and take new work.</summary>
    public IEnumerable<SiloView> Workers(string pool) => Silos.Where(silo => silo.Takes(pool));
}

/// <summary>A living silo.</summary>
/// <param name="Id">Unique to this start: <c>{name}.{12 hexadecimal digits}</c>.</param>
/// <param name="Name">As its operator knows it; unique among the living.</param>
/// <param name="Pools">The labels that it carries; none on a silo that is a front end only.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Status">Whether it takes new work.</param>
/// <param name="Load">As of its last heartbeat.</param>
/// <param name="Http">Where it serves HTTP; null when it does not, or not to others.</param>
/// <param name="Version">Of Hearth.</param>
/// <param name="StartedAt">On the store's clock.</param>
/// <param name="RenewedAt">Its last heartbeat, on the store's clock.</param>
internal sealed record SiloView(
    string Id, string Name, IReadOnlyList<string> Pools, SiloRoles Roles, SiloStatus Status, SiloLoad Load, string? Http, string Version,
    DateTimeOffset StartedAt, DateTimeOffset RenewedAt)
{
    public bool Takes(string pool) => Status == SiloStatus.Active && Carries(pool);

    /// <summary>Whether its grains and functions can be those of a pool, also when it takes no new work.</summary>
    public bool Carries(string pool) => Roles.HasFlag(SiloRoles.Worker) && Pools.Contains(pool, StringComparer.Ordinal);
}

/// <summary>What a silo does. The default is both.</summary>
[Flags]
internal enum SiloRoles
{
    /// <summary>Serves the API.</summary>
    Frontend = 1,

    /// <summary>Hosts grains and runs functions.</summary>
    Worker = 2,
}

/// <summary>Stored as numbers.</summary>
internal enum SiloStatus
{
    /// <summary>Takes new work.</summary>
    Active = 1,

    /// <summary>Takes no new work; ends what it has.</summary>
    Draining = 2,
}

/// <param name="Running">Calls and attempts under way.</param>
/// <param name="Waiting">Calls that wait for a slot.</param>
internal readonly record struct SiloLoad(int Running, int Waiting);
