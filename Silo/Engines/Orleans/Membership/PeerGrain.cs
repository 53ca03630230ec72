using Hearth.Cluster;
using Orleans.Concurrency;

namespace Hearth.Engines;

/// <summary>What silos say to one another about themselves. Key: the id of the silo that is told.</summary>
[Alias("hearth.peer")]
internal interface IPeerGrain : IGrainWithStringKey
{
    /// <summary>How another silo is. Repeated every second, so one that is lost does no harm.</summary>
    [OneWay]
    Task TellAsync(PeerState state);

    /// <summary>Lets the silo drain.</summary>
    Task DrainAsync();
}

/// <summary>How a silo is.</summary>
/// <param name="Silo">Its id.</param>
/// <param name="Running">Calls and attempts under way.</param>
/// <param name="Waiting">Calls that wait for a slot.</param>
/// <param name="Http">Where it serves HTTP.</param>
/// <param name="IsDraining">Whether it takes no new work.</param>
/// <param name="StartedAt">When it started, on its own clock.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.peer-state")]
internal sealed record PeerState(
    [property: Id(0)] string Silo, [property: Id(1)] int Running, [property: Id(2)] int Waiting, [property: Id(3)] string? Http,
    [property: Id(4)] bool IsDraining, [property: Id(5)] DateTimeOffset StartedAt);

/// <inheritdoc cref="IPeerGrain"/>
[Reentrant]
[SiloPlacement]
internal sealed class PeerGrain(ClusterMembers members) : Grain, IPeerGrain
{
    public Task TellAsync(PeerState state)
    {
        members.Heard(state);
        return Task.CompletedTask;
    }

    public Task DrainAsync()
    {
        members.DrainSelf();
        return Task.CompletedTask;
    }
}
