using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Engines;

internal sealed partial class MembershipAgent
{
    private void Lost(StoreUnavailableException e)
    {
        if (!isLost)
            LogLost(logger, e.Message);
        isLost = true;
    }

    private void Found()
    {
        if (isLost)
            LogFound(logger);
        isLost = false;
    }

    private void LogChange(ClusterSnapshot before, ClusterSnapshot now)
    {
        if (before.Version == 0)
            return; // the start tells who is there
        foreach (var silo in now.Silos)
        {
            if (before.Find(silo.Id) is not { } was)
                LogJoined(logger, silo.Name, silo.Id);
            else if (was.Status != silo.Status)
                LogDrains(logger, silo.Name, silo.Id);
        }

        foreach (var silo in before.Silos.Where(silo => now.Find(silo.Id) is null))
            LogGone(logger, silo.Name, silo.Id);
    }

    [LoggerMessage(LogLevel.Information, "Silo {Name} ({Id}) has joined the cluster")]
    private static partial void LogJoined(ILogger logger, string name, string id);

    [LoggerMessage(LogLevel.Information, "Silo {Name} ({Id}) drains")]
    private static partial void LogDrains(ILogger logger, string name, string id);

    [LoggerMessage(LogLevel.Information, "Silo {Name} ({Id}) is no longer in the cluster")]
    private static partial void LogGone(ILogger logger, string name, string id);

    [LoggerMessage(LogLevel.Warning, "Silo {Name} ({Id}) is declared dead: its last renewal is {Seconds:0.0} s old")]
    private static partial void LogDeclared(ILogger logger, string name, string id, double seconds);

    [LoggerMessage(LogLevel.Warning, "This silo's lease cannot be renewed; without it no jobs are started, and calls go on: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Information, "This silo's lease is renewed again")]
    private static partial void LogFound(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "The cluster could not be told that this silo ends; it will notice within seconds: {Reason}")]
    private static partial void LogNotLeft(ILogger logger, string reason);
}
