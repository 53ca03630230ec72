using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Discovery;

/// <summary>A grain interface bound to the class that implements it in one silo; shared by all its references.</summary>
internal sealed class GrainInterface(Type type, GrainClass grainClass, Func<GrainInterface, string, GrainReference> create)
{
    public Type Type { get; } = type;
    public GrainClass Class { get; } = grainClass;

    public GrainReference Refer(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return create(this, key);
    }
}
