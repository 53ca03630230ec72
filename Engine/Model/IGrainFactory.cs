using Orleans.Runtime;

namespace Orleans;

/// <summary>Makes references to grains. Making one is cheap, starts nothing and never fails for want of a grain.</summary>
public interface IGrainFactory
{
    /// <summary>A reference to the grain of this interface with this key.</summary>
    /// <param name="primaryKey">The grain's key; neither null nor empty.</param>
    /// <param name="grainClassNamePrefix">Picks among several implementations by the start of the class's full name.</param>
    /// <exception cref="ArgumentException">No grain class, or more than one, implements the interface, or the key is empty.</exception>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>A reference to the grain of this interface with this key.</summary>
    /// <exception cref="ArgumentException">No grain class, or more than one, implements the interface, or the key is empty.</exception>
    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

    /// <summary>A reference to the grain with this id, as the given interface.</summary>
    /// <exception cref="ArgumentException">No grain class has the id's type.</exception>
    TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable;
}
