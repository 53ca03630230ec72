namespace Orleans.Runtime;

/// <summary>
/// The silo that the call needs is not there: the connection ended after the call was written to it, it was declared dead, or this host has not
/// started or stops. Unlike its base, it says nothing of whether the call has run: it may have.
/// </summary>
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    public SiloUnavailableException() : base("Silo unavailable") { }
    public SiloUnavailableException(string msg) : base(msg) { }
    public SiloUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
