using Orleans.Runtime;

namespace Hearth.Cluster;

/// <summary>Tells errors of calls to grains that have certainly not run, and may be sent again, from those that may have.</summary>
internal static class NotRun
{
    public static bool Is(Exception error) => error is OrleansMessageRejectionException and not SiloUnavailableException;
}
