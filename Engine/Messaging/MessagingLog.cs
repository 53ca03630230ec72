using Microsoft.Extensions.Logging;

namespace Orleans.Messaging;

internal static partial class MessagingLog
{
    [LoggerMessage(11, LogLevel.Warning, "The connection to silo {Silo} ended: {Reason}")]
    public static partial void ConnectionEnded(this ILogger log, string silo, string reason);

    [LoggerMessage(12, LogLevel.Warning, "A connection from another silo was not taken: {Reason}")]
    public static partial void ConnectionRefused(this ILogger log, string reason);

    [LoggerMessage(13, LogLevel.Error, "Connections of other silos cannot be accepted at the moment")]
    public static partial void AcceptFailed(this ILogger log, Exception error);

    [LoggerMessage(14, LogLevel.Warning, "Silo {Silo} has not ended its activation of grain {GrainType}/{Key} in time; it begins here all the same")]
    public static partial void HandOverTimedOut(this ILogger log, string silo, string grainType, string key);
}
