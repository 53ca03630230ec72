namespace Hearth.Storage;

/// <summary>
/// Which silos live, as one table on the database's clock. Every change is conditional there, so that races are harmless, and raises the
/// version; renewals do not.
/// </summary>
/// <remarks>
/// Calls block, for <see cref="SiloLease.AnswerMax"/> or so at most: the heartbeat comes from a thread of its own, because one that waits for
/// the thread pool behind functions that hold it would cost a healthy silo its lease. One caller at a time.
/// </remarks>
/// <exception cref="StoreUnavailableException">The table cannot be reached; what was to be changed may have been.</exception>
public interface ISiloTable : IDisposable
{
    /// <summary>Adds a silo, and forgets rows of silos that ended over a day ago. Repeating it with the same id changes nothing.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="superseded">
    /// The silo of the same name that is dead for sure: declared so in the same step, if it has not renewed for <see cref="SiloLease.EarlyDeathAfter"/>.
    /// </param>
    /// <returns>The living silo that has the name, in which case nothing was changed; null: it was added.</returns>
    SiloHolder? Register(SiloRegistration silo, string? superseded = null);

    /// <summary>The heartbeat: renews the lease and reads the table in one round trip.</summary>
    /// <returns>The table; null when the silo lives no more (declared dead, or left), and never will again.</returns>
    SiloTableRead? Renew(string id, SiloBeat beat);

    /// <summary>Reads the table.</summary>
    SiloTableRead Read();

    /// <summary>Marks a silo as draining.</summary>
    /// <returns>False when it does not live.</returns>
    bool Drain(string id);

    /// <summary>Notes that a connection to a silo was refused; void with its next renewal.</summary>
    /// <param name="id">The silo that refused.</param>
    /// <param name="by">The living silo that tried.</param>
    void Refuse(string id, string by);

    /// <summary>Declares a silo dead, if it is by <see cref="SiloLease.IsDead"/> and <paramref name="by"/> may by <see cref="SiloLease.MayDeclare"/>.</summary>
    /// <returns>Whether this call has done it.</returns>
    bool DeclareDead(string id, string by);

    /// <summary>A silo ends on its own: the others take over at once.</summary>
    void Leave(string id);

    /// <summary>Versions as they come about, where the store can tell; ends where it cannot. A hint: some may be missed.</summary>
    IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>A silo as it registers.</summary>
/// <param name="Id">Unique to this start.</param>
/// <param name="Name">Unique among the living.</param>
/// <param name="Pools">The labels that it carries.</param>
/// <param name="Roles">What it does, as a number.</param>
/// <param name="Host">Where it listens for others: a name or address.</param>
/// <param name="Port">TCP port; 0: it does not listen.</param>
/// <param name="Certificate">SHA-256 of its certificate.</param>
/// <param name="Version">Of Hearth.</param>
public sealed record SiloRegistration(
    string Id, string Name, IReadOnlyList<string> Pools, int Roles, string Host, int Port, ReadOnlyMemory<byte> Certificate, string Version);

/// <summary>What a silo tells with its heartbeat.</summary>
/// <param name="Running">Calls and attempts under way.</param>
/// <param name="Waiting">Calls that wait for a slot.</param>
/// <param name="Http">Where it serves HTTP; null: nowhere, or not for others.</param>
public readonly record struct SiloBeat(int Running, int Waiting, string? Http);

/// <summary>The living silo that has a name.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Host">Where it listens.</param>
/// <param name="Port">TCP port; 0: it does not listen.</param>
/// <param name="Http">Where it serves HTTP.</param>
/// <param name="RenewedAt">Its last renewal.</param>
/// <param name="Age">Time since then, on the database's clock.</param>
public sealed record SiloHolder(string Id, string Host, int Port, string? Http, DateTimeOffset RenewedAt, TimeSpan Age);

/// <summary>The living silos, as of one moment.</summary>
/// <param name="Version">Grows with every silo that comes, goes or changes its status.</param>
/// <param name="Now">The moment, on the database's clock.</param>
/// <param name="Silos">By name.</param>
public sealed record SiloTableRead(long Version, DateTimeOffset Now, IReadOnlyList<SiloRow> Silos);

/// <summary>A living silo's row.</summary>
/// <param name="Silo">What it registered.</param>
/// <param name="IsDraining">Whether it takes no new work.</param>
/// <param name="Beat">Its last heartbeat.</param>
/// <param name="StartedAt">When it registered.</param>
/// <param name="RenewedAt">Its last renewal.</param>
/// <param name="SteadySince">It has renewed without a gap since.</param>
/// <param name="RefusedBy">Ids of the silos that were refused a connection since its last renewal.</param>
public sealed record SiloRow(
    SiloRegistration Silo, bool IsDraining, SiloBeat Beat, DateTimeOffset StartedAt, DateTimeOffset RenewedAt, DateTimeOffset SteadySince,
    IReadOnlyList<string> RefusedBy)
{
    public string Id => Silo.Id;
}

/// <summary>As stored, in numbers.</summary>
public enum SiloRowStatus
{
    Active = 1,
    Draining = 2,
    Left = 3,
    Dead = 4,
}
