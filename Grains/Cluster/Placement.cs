using Orleans.Placement;
using Orleans.Runtime;

namespace Hearth.Cluster;

/// <summary>Keys are <c>{pool}/...</c>: the grain lives on the silo of that pool that <see cref="Rendezvous.Pick"/> gives the whole key.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PoolPlacementAttribute() : PlacementAttribute(new PoolPlacement());

/// <inheritdoc cref="PoolPlacementAttribute"/>
[Serializable]
[GenerateSerializer]
internal sealed class PoolPlacement : PlacementStrategy
{
    /// <summary>The pool in a key.</summary>
    public static string PoolOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? key[..end] : key;
}

/// <summary>Keys are <c>{silo}</c> or <c>{silo}/...</c>: the grain lives on the silo with that id, or nowhere when it is gone.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SiloPlacementAttribute() : PlacementAttribute(new SiloPlacement());

/// <inheritdoc cref="SiloPlacementAttribute"/>
[Serializable]
[GenerateSerializer]
internal sealed class SiloPlacement : PlacementStrategy
{
    /// <summary>The silo in a key.</summary>
    public static string SiloOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? key[..end] : key;
}
