namespace Orleans.Runtime;

/// <summary>
/// A call has certainly not run: no silo qualifies for the grain, its silo cannot be reached, is too busy or says that the grain lives
/// elsewhere until the time is up. Sending it again is safe. Not so for the derived <see cref="SiloUnavailableException"/>, so ask with
/// <c>catch (OrleansMessageRejectionException e) when (e is not SiloUnavailableException)</c>.
/// </summary>
/// <remarks>A grain that lets one out of a call of its own hands it on to its caller, whose call has run up to there.</remarks>
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message) : base(message) { }
    internal OrleansMessageRejectionException(string message, Exception innerException) : base(message, innerException) { }
}
