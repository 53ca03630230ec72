using System.Collections.Concurrent;
using System.Collections.Frozen;
using Hearth.Cluster;
using Hearth.Storage;
using Orleans.Embedded;

namespace Hearth.Engines;

/// <summary>Where grains live, reckoned from one view of the cluster. Replaced whole with the view.</summary>
internal sealed class PlacementView
{
    /// <summary>After a silo has joined, others may have activations of its grains for this long.</summary>
    private static readonly TimeSpan JoinedLately = TimeSpan.FromSeconds(60);

    /// <summary>Keys whose silo is remembered; others are reckoned each time.</summary>
    private const int RememberedMax = 65_536;

    private readonly ConcurrentDictionary<string, string?> homes = new(StringComparer.Ordinal);
    private readonly ClusterSnapshot cluster;
    private readonly FrozenDictionary<string, SiloEndpoint?> endpoints;
    private readonly FrozenDictionary<string, string> byCertificate;
    private readonly string self;
    private readonly int lately;
    private readonly bool hasMoves;
    private int remembered;

    /// <param name="read">The view.</param>
    /// <param name="cluster">The same, as all others see it.</param>
    /// <param name="self">This silo's id.</param>
    public PlacementView(SiloTableRead read, ClusterSnapshot cluster, string self)
    {
        (this.cluster, this.self) = (cluster, self);
        Version = read.Version;
        lately = read.Silos.Count(silo => HasJoinedLately(silo, read.Now));
        hasMoves = lately > 0 || read.Silos.Any(silo => silo.IsDraining);
        endpoints = read.Silos.ToFrozenDictionary(silo => silo.Id, Endpoint, StringComparer.Ordinal);
        byCertificate = read.Silos.GroupBy(silo => Convert.ToHexString(silo.Silo.Certificate.Span), StringComparer.Ordinal)
            .ToFrozenDictionary(same => same.Key, same => same.First().Id, StringComparer.Ordinal);
    }

    public long Version { get; }

    /// <summary>Whether it says the same as a later read.</summary>
    public bool Fits(SiloTableRead read) => read.Version == Version && read.Silos.Count(silo => HasJoinedLately(silo, read.Now)) == lately;

    /// <summary>The silo of a grain whose key begins with a pool; null when no silo carries it.</summary>
    public string? HomeOf(string key)
    {
        if (homes.TryGetValue(key, out var known))
            return known;
        var home = cluster.HomeOf(key);
        if (Volatile.Read(ref remembered) < RememberedMax && homes.TryAdd(key, home))
            Interlocked.Increment(ref remembered);
        return home;
    }

    /// <summary>The other silos that may still have a grain that lives here: while grains move, any of its pool may, and they are few.</summary>
    public IEnumerable<string> FormerHomesOf(string key)
    {
        if (!hasMoves)
            return [];
        var pool = PoolPlacement.PoolOf(key);
        return cluster.Silos.Where(silo => silo.Id != self && silo.Carries(pool)).Select(silo => silo.Id);
    }

    public bool Lives(string silo) => endpoints.ContainsKey(silo);

    public SiloEndpoint? EndpointOf(string silo) => endpoints.GetValueOrDefault(silo);

    public string? SiloOf(ReadOnlySpan<byte> certificateSha256) => byCertificate.GetValueOrDefault(Convert.ToHexString(certificateSha256));

    private static SiloEndpoint? Endpoint(SiloRow silo) =>
        silo.Silo.Port == 0 ? null : new SiloEndpoint(silo.Silo.Host, silo.Silo.Port, silo.Silo.Certificate);

    private static bool HasJoinedLately(SiloRow silo, DateTimeOffset now) => now - silo.StartedAt < JoinedLately;
}
