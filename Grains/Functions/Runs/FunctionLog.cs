using Microsoft.Extensions.Logging;

namespace Hearth.Functions.Runs;

internal static partial class FunctionLog
{
    /// <summary>A surprise is logged whole; what the function said to its caller needs no stack trace.</summary>
    public static void Failed(ILogger logger, string function, Exception error)
    {
        if (error is FunctionException)
            Refused(logger, function, error.Message);
        else
            Threw(logger, function, error);
    }

    [LoggerMessage(LogLevel.Information, "Function {Function} failed: {Reason}")]
    private static partial void Refused(ILogger logger, string function, string reason);

    [LoggerMessage(LogLevel.Error, "Function {Function} threw")]
    private static partial void Threw(ILogger logger, string function, Exception error);
}
