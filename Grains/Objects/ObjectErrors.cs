using System.Globalization;
using Hearth.Functions;
using Microsoft.Extensions.Logging;

namespace Hearth.Objects;

/// <summary>Says why an operation did not succeed: to the caller in words that may leave the silo, to the log whole.</summary>
internal static partial class ObjectErrors
{
    public static ObjectAnswer Failed(ObjectContext context, Exception error)
    {
        if (error is FunctionException known)
        {
            LogRefused(context.Logger, context.Operation, context.Object, known.Message);
            return new ObjectAnswer(ObjectEnd.Failed, Detail: known.Message);
        }

        LogThrew(context.Logger, context.Operation, context.Object, error);
        return new ObjectAnswer(ObjectEnd.Failed, Detail: $"{Operation(context)} threw {error.GetType().Name}; the silo's log has the details.");
    }

    public static ObjectAnswer Unreadable(ObjectContext context, Exception error)
    {
        LogUnreadable(context.Logger, context.Object, error);
        return new ObjectAnswer(
            ObjectEnd.Unreadable, Detail: $"What is stored of this '{context.Object}' was written by other code. {error.Message} Serve code that can read it, or delete the object.");
    }

    public static ObjectAnswer CutOff(ObjectContext context, TimeSpan timeout, bool isTimeout) => isTimeout
        ? new(ObjectEnd.TimedOut, Detail: string.Create(
            CultureInfo.InvariantCulture, $"{Operation(context)} did not end within {timeout.TotalSeconds:0.###} s. It changed nothing."))
        : new(ObjectEnd.Cancelled, Detail: $"{Operation(context)} was cancelled. It changed nothing.");

    public static ObjectAnswer Busy(ObjectContext context) => new(
        ObjectEnd.Busy, Detail: $"An operation of this '{context.Object}' was cut off and has not ended yet; until it has, no other starts. Nothing was changed. Try again.");

    private static string Operation(ObjectContext context) => $"Operation '{context.Operation}' of object '{context.Object}'";

    [LoggerMessage(LogLevel.Information, "Operation {Operation} of object {Object} failed: {Reason}")]
    private static partial void LogRefused(ILogger logger, string operation, string @object, string reason);

    [LoggerMessage(LogLevel.Error, "Operation {Operation} of object {Object} threw")]
    private static partial void LogThrew(ILogger logger, string operation, string @object, Exception error);

    [LoggerMessage(LogLevel.Error, "The state of an object {Object} cannot be read")]
    private static partial void LogUnreadable(ILogger logger, string @object, Exception error);
}
