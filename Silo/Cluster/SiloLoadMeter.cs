using Hearth.Functions;

namespace Hearth.Cluster;

/// <summary>How busy this silo is.</summary>
internal sealed class SiloLoadMeter(FunctionRegistry registry)
{
    public SiloLoad Read()
    {
        var (running, waiting) = (0, 0);
        foreach (var function in registry.EverServed)
            (running, waiting) = (running + function.Slots.InUse, waiting + function.Slots.Waiting);
        return new SiloLoad(running, waiting);
    }
}
