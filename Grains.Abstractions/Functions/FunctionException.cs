namespace Hearth.Functions;

/// <summary>
/// Fails a run with a message for the caller. Any other exception fails it too, but callers then see its type only: messages
/// of surprises can hold secrets, so they go to the log.
/// </summary>
public class FunctionException : Exception
{
    public FunctionException(string message)
        : base(message)
    {
    }

    public FunctionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
