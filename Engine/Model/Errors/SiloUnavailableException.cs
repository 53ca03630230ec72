namespace Orleans.Runtime;

/// <summary>The silo that the call needs has not started, stops or has stopped.</summary>
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    public SiloUnavailableException() : base("Silo unavailable") { }
    public SiloUnavailableException(string msg) : base(msg) { }
    public SiloUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
