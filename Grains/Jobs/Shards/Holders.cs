using Hearth.Cluster;

namespace Hearth.Jobs;

/// <summary>The silos whose pumps have jobs of a shard, each with a place that fits into an entry. No I/O.</summary>
internal sealed class Holders
{
    /// <summary>The place of a silo that has gone.</summary>
    public const byte Nowhere = byte.MaxValue;

    /// <summary>The place of workers outside of the cluster, whose leases are stored: no silo's loss touches them.</summary>
    public const byte Outside = Nowhere - 1;

    private readonly List<string?> silos = [];

    /// <summary>The place of a silo; a new one where it has none.</summary>
    public byte PlaceOf(string silo)
    {
        var place = silos.IndexOf(silo);
        if (place < 0)
            place = silos.IndexOf(null);
        if (place < 0)
        {
            // A cluster has a handful, and those that went have left their places.
            if (silos.Count == Outside)
                throw new InvalidOperationException("There are more silos than a shard can tell apart.");
            place = silos.Count;
            silos.Add(null);
        }

        silos[place] = silo;
        return (byte)place;
    }

    public string? NameOf(byte place) => place < silos.Count ? silos[place] : null;

    /// <summary>Frees the places of those that do not live any more, and tells which these were.</summary>
    public IReadOnlyList<byte> TakeGone(ClusterSnapshot cluster)
    {
        List<byte>? gone = null;
        for (var place = 0; place < silos.Count; place++)
        {
            if (silos[place] is not { } silo || cluster.Find(silo) is not null)
                continue;
            silos[place] = null;
            (gone ??= []).Add((byte)place);
        }

        return gone ?? [];
    }
}
