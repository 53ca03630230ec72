namespace Hearth.Cluster;

/// <summary>Where grains live.</summary>
internal static class ClusterPlaces
{
    /// <summary>Whether a grain with <see cref="PoolPlacementAttribute"/> has a silo to live on.</summary>
    public static bool HasHome(this ClusterSnapshot cluster, string key)
    {
        var pool = PoolPlacement.PoolOf(key);
        for (var i = 0; i < cluster.Silos.Count; i++)
        {
            if (cluster.Silos[i].Carries(pool))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The silo that a grain with <see cref="PoolPlacementAttribute"/> lives on; null when none carries its pool. Where all who do are draining, it
    /// stays with one of them: what they still run has to end somewhere.
    /// </summary>
    public static string? HomeOf(this ClusterSnapshot cluster, string key)
    {
        var pool = PoolPlacement.PoolOf(key);
        return Rendezvous.Pick(key, cluster.Workers(pool).Select(silo => silo.Id))
            ?? Rendezvous.Pick(key, cluster.Silos.Where(silo => silo.Carries(pool)).Select(silo => silo.Id));
    }
}
