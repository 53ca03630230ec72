using Microsoft.Extensions.Logging;
using Orleans.Activations;

namespace Orleans.Embedded;

internal static partial class SiloLog
{
    [LoggerMessage(1, LogLevel.Error, "Activation of grain {Grain} failed; its waiting callers get the error")]
    public static partial void ActivationFailed(this ILogger log, Exception error, Activation grain);

    [LoggerMessage(2, LogLevel.Error, "Deactivation of grain {Grain} ({Reason}) failed; it ends all the same")]
    public static partial void DeactivationFailed(this ILogger log, Exception error, Activation grain, DeactivationReason reason);

    [LoggerMessage(3, LogLevel.Error, "{Method} of grain {Grain} failed, and nobody awaits it")]
    public static partial void UnansweredCallFailed(this ILogger log, Exception error, string method, Activation grain);

    [LoggerMessage(4, LogLevel.Error, "A timer callback of grain {Grain} failed; the timer goes on")]
    public static partial void TimerFailed(this ILogger log, Exception error, Activation grain);

    [LoggerMessage(5, LogLevel.Error, "Code of grain {Grain} that a timer's token cancelled has failed; the timer has ended")]
    public static partial void TimerCancellationFailed(this ILogger log, Exception error, Activation grain);
}
