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
    private readonly FrozenDictionary<string, string[]> workers;
    private readonly FrozenDictionary<string, string[]> carriers;
    private readonly FrozenDictionary<string, SiloEndpoint?> endpoints;
    private readonly FrozenDictionary<string, string> byCertificate;
    private readonly string self;
    private readonly int lately;
    private readonly bool hasMoves;
    private int remembered;

    public PlacementView(SiloTableRead read, string self)
    {
        this.self = self;
        Version = read.Version;
        lately = read.Silos.Count(silo => HasJoinedLately(silo, read.Now));
        hasMoves = lately > 0 || read.Silos.Any(silo => silo.IsDraining);
        workers = ByPool(read.Silos.Where(silo => !silo.IsDraining));
        carriers = ByPool(read.Silos);
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
        // As ClusterPlaces.HomeOf: where all who carry the pool are draining, one of them.
        var home = Pick(workers, key) ?? Pick(carriers, key);
        if (Volatile.Read(ref remembered) < RememberedMax && homes.TryAdd(key, home))
            Interlocked.Increment(ref remembered);
        return home;
    }

    /// <summary>The other silos that may still have a grain that lives here: while grains move, any of its pool may, and they are few.</summary>
    public IEnumerable<string> FormerHomesOf(string key) =>
        hasMoves && carriers.TryGetValue(PoolPlacement.PoolOf(key), out var silos) ? silos.Where(silo => silo != self) : [];

    public bool Lives(string silo) => endpoints.ContainsKey(silo);

    public SiloEndpoint? EndpointOf(string silo) => endpoints.GetValueOrDefault(silo);

    public string? SiloOf(ReadOnlySpan<byte> certificateSha256) => byCertificate.GetValueOrDefault(Convert.ToHexString(certificateSha256));

    private static string? Pick(FrozenDictionary<string, string[]> among, string key) =>
        among.TryGetValue(PoolPlacement.PoolOf(key), out var silos) ? Rendezvous.Pick(key, silos) : null;

    private static FrozenDictionary<string, string[]> ByPool(IEnumerable<SiloRow> silos) => silos
        .Where(silo => ((SiloRoles)silo.Silo.Roles).HasFlag(SiloRoles.Worker))
        .SelectMany(silo => silo.Silo.Pools.Select(pool => (Pool: pool, silo.Id)))
        .GroupBy(pair => pair.Pool, pair => pair.Id, StringComparer.Ordinal)
        .ToFrozenDictionary(pool => pool.Key, pool => pool.ToArray(), StringComparer.Ordinal);

    private static SiloEndpoint? Endpoint(SiloRow silo) =>
        silo.Silo.Port == 0 ? null : new SiloEndpoint(silo.Silo.Host, silo.Silo.Port, silo.Silo.Certificate);

    private static bool HasJoinedLately(SiloRow silo, DateTimeOffset now) => now - silo.StartedAt < JoinedLately;
}
