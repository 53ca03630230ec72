using Hearth.Hosting;

namespace Hearth.Cluster;

/// <summary>A cluster of one, on SQLite: it lives as long as its process, and needs no lease.</summary>
internal sealed class SoleSilo(SiloIdentity self, SiloLoadMeter load, HttpAddress http, TimeProvider clock) : IClusterView
{
    private static readonly TimeSpan SeenFor = TimeSpan.FromSeconds(1);

    private readonly DateTimeOffset startedAt = clock.GetUtcNow();
    private volatile bool isDraining;
    private volatile Seen? seen;

    public event Action? Changed;

    public string Self => self.Id;

    public bool MayStartJobs => !isDraining;

    /// <summary>Asked for with each call and each job: made anew once a second, as a heartbeat would.</summary>
    public ClusterSnapshot Current =>
        seen is { } last && last.Snapshot.Version == Version && clock.GetElapsedTime(last.At) < SeenFor ? last.Snapshot : Look();

    public Task<bool> DrainAsync(string name, CancellationToken cancellationToken)
    {
        if (name != self.Name && name != self.Id)
            return Task.FromResult(false);
        if (!isDraining)
        {
            isDraining = true;
            Changed?.Invoke();
        }

        return Task.FromResult(true);
    }

    private long Version => isDraining ? 2 : 1;

    private ClusterSnapshot Look()
    {
        var view = new SiloView(
            self.Id, self.Name, self.Pools, self.Roles, isDraining ? SiloStatus.Draining : SiloStatus.Active, load.Read(), http.Current,
            HearthVersion.Text, startedAt, clock.GetUtcNow());
        var snapshot = new ClusterSnapshot(Version, [view]);
        // One made before it serves lacks the address, and is not to be seen afterwards.
        if (view.Http is not null || !self.Roles.HasFlag(SiloRoles.Frontend))
            seen = new Seen(snapshot, clock.GetTimestamp());
        return snapshot;
    }

    private sealed record Seen(ClusterSnapshot Snapshot, long At);
}
