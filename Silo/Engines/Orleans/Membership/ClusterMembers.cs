using System.Collections.Concurrent;
using Hearth.Cluster;
using Hearth.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using MemberStatus = Orleans.Runtime.SiloStatus;
using SiloStatus = Hearth.Cluster.SiloStatus;

namespace Hearth.Engines;

/// <summary>
/// The cluster as Orleans' membership has it. (1) Who is there comes from the membership, (2) pools and roles from the silos' metadata, and
/// (3) load, address and draining from what silos tell one another every second.
/// </summary>
internal sealed partial class ClusterMembers(
    IClusterMembershipService membership, ISiloMetadataCache metadata, IGrainFactory grains, SiloIdentity self, SiloLoadMeter load, HttpAddress http,
    TimeProvider clock, ILogger<ClusterMembers> logger) : BackgroundService, IHostedLifecycleService, IClusterView
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    /// <summary>Metadata of a silo that has just come is fetched meanwhile.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Whoever was suspended for so long may be dead for the others, and has to ask before it starts anything.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, (PeerState State, DateTimeOffset At)> peers = new(StringComparer.Ordinal);
    private readonly DateTimeOffset startedAt = clock.GetUtcNow();
    private volatile ClusterSnapshot current = new(0, []);
    private volatile bool isDraining;
    private long lookedAt = clock.GetTimestamp();

    public event Action? Changed;

    public string Self => self.Id;

    public ClusterSnapshot Current => current;

    public bool MayStartJobs => !isDraining && !HasPaused && current.Find(Self) is not null;

    private bool HasPaused => clock.GetElapsedTime(Volatile.Read(ref lookedAt)) > PauseMax;

    /// <summary>What another silo tells of itself.</summary>
    public void Heard(PeerState state)
    {
        peers[state.Silo] = (state, clock.GetUtcNow());
        Look();
    }

    /// <summary>This silo takes no new work any more.</summary>
    public void DrainSelf()
    {
        if (isDraining)
            return;
        isDraining = true;
        TellAll();
        Look();
    }

    public async Task<bool> DrainAsync(string name, CancellationToken cancellationToken)
    {
        if (current.Silos.FirstOrDefault(silo => silo.Name == name || silo.Id == name) is not { } silo)
            return false;
        if (silo.Id == Self)
        {
            DrainSelf();
            return true;
        }

        await grains.GetGrain<IPeerGrain>(silo.Id).DrainAsync().WaitAsync(cancellationToken);
        // It tells so itself, to all; whoever asked for it shall see it at once.
        Heard(new PeerState(silo.Id, silo.Load.Running, silo.Load.Waiting, silo.Http, IsDraining: true, silo.StartedAt));
        return true;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        TellAll(); // where HTTP is served
        return Task.CompletedTask;
    }

    /// <summary>Before anything stops: the grains move away.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        DrainSelf();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var following = FollowAsync(stoppingToken);
        var told = clock.GetTimestamp();
        using var timer = new PeriodicTimer(LookEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var hasPaused = HasPaused;
                if (hasPaused && !await AskAsync(stoppingToken))
                    continue;
                Look();
                Volatile.Write(ref lookedAt, clock.GetTimestamp());
                // Pumps that asked meanwhile whether they may start wait for a change.
                if (hasPaused)
                    Changed?.Invoke();
                if (clock.GetElapsedTime(told) < TellEvery)
                    continue;
                told = clock.GetTimestamp();
                TellAll();
            }
        }
        catch (OperationCanceledException)
        {
            await following;
        }
    }

    /// <summary>Reads the membership itself; should it say that this silo is dead, Orleans ends it.</summary>
    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            await membership.Refresh(cancellationToken: cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotAsked(logger, e.Message);
            return false;
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in membership.MembershipUpdates.WithCancellation(cancellationToken))
                Look();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private void TellAll()
    {
        var now = load.Read();
        var state = new PeerState(Self, now.Running, now.Waiting, http.Current, isDraining, startedAt);
        foreach (var silo in current.Silos.Where(silo => silo.Id != Self))
            _ = TellAsync(silo.Id, state);
    }

    private async Task TellAsync(string silo, PeerState state)
    {
        try
        {
            await grains.GetGrain<IPeerGrain>(silo).TellAsync(state);
        }
        catch (Exception e)
        {
            LogNotTold(logger, silo, e.Message); // it is told again in a second
        }
    }

    private void Look()
    {
        lock (gate)
        {
            var silos = membership.CurrentSnapshot.Members.Values.Select(View).OfType<SiloView>().OrderBy(silo => silo.Name, StringComparer.Ordinal).ToList();
            var before = current;
            var isChange = !Who(silos).SequenceEqual(Who(before.Silos));
            current = new ClusterSnapshot(before.Version + (isChange ? 1 : 0), silos);
            if (!isChange)
                return;
            foreach (var gone in before.Silos.Where(silo => current.Find(silo.Id) is null))
            {
                peers.TryRemove(gone.Id, out _);
                if (gone.Status == SiloStatus.Active)
                    LogDead(logger, gone.Id); // else it drained first, and has left
            }
        }

        Changed?.Invoke();
    }

    /// <summary>Null for one that is not there yet, or no more.</summary>
    private SiloView? View(ClusterMember member)
    {
        if (member.Status is not (MemberStatus.Active or MemberStatus.ShuttingDown or MemberStatus.Stopping))
            return null;
        var isSelf = member.Name == Self;
        if (SiloLabels.From(metadata.GetSiloMetadata(member.SiloAddress)) is not { } labels)
            return isSelf ? null : Unlabelled(member);
        var told = peers.TryGetValue(member.Name, out var peer) ? peer.State : null;
        var (running, waiting) = isSelf ? load.Read() : new SiloLoad(told?.Running ?? 0, told?.Waiting ?? 0);
        var drains = member.Status != MemberStatus.Active || (isSelf ? isDraining : told is { IsDraining: true });
        return new SiloView(
            member.Name, SiloIds.NameIn(member.Name), labels.PoolNames, labels.Does, drains ? SiloStatus.Draining : SiloStatus.Active,
            new SiloLoad(running, waiting), isSelf ? http.Current : told?.Http, labels.HearthVersion,
            isSelf ? startedAt : told?.StartedAt ?? clock.GetUtcNow(), isSelf || told is null ? clock.GetUtcNow() : peer.At);
    }

    /// <summary>
    /// One whose labels are still fetched takes no work; but who takes a shard over must ask it for what it runs, or that would run twice.
    /// </summary>
    private SiloView Unlabelled(ClusterMember member) => new(
        member.Name, SiloIds.NameIn(member.Name), [], SiloRoles.Worker, SiloStatus.Draining, default, Http: null, Version: "", clock.GetUtcNow(), clock.GetUtcNow());

    private static IEnumerable<(string, SiloStatus)> Who(IReadOnlyList<SiloView> silos) => silos.Select(silo => (silo.Id, silo.Status));

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} is declared dead")]
    private static partial void LogDead(ILogger logger, string silo);

    [LoggerMessage(LogLevel.Warning, "This silo stood still and starts no jobs until it knows what became of it; the membership cannot be read: {Reason}")]
    private static partial void LogNotAsked(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Debug, "Silo {Silo} could not be told how this one is: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string silo, string reason);
}
