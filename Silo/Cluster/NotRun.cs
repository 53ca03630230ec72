using Orleans.Runtime;

namespace Hearth.Cluster;

/// <summary>Tells errors of calls to grains that have certainly not run, and may be sent again, from those that may have.</summary>
internal static class NotRun
{
    public static bool Is(Exception error) => IsRefused(error) && error is not SiloUnavailableException;

    /// <summary>Whether it was the engine that failed the call, which may be sent again when that does no harm: it may have run.</summary>
    public static bool IsRefused(Exception error) => error is OrleansMessageRejectionException or NotTakenException;
}

/// <summary>No silo takes the call; it has not run. For placement on Orleans, which cannot make errors of the engine's own type.</summary>
[GenerateSerializer]
internal sealed class NotTakenException(string message) : OrleansException(message);
