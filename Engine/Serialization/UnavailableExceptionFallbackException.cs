namespace Orleans.Serialization;

/// <summary>Stands for an exception of another silo whose type cannot be made here. Message and stack are those of the original.</summary>
[GenerateSerializer]
public sealed class UnavailableExceptionFallbackException : Exception
{
    public UnavailableExceptionFallbackException() { }
    public UnavailableExceptionFallbackException(string message) : base(message) { }
    public UnavailableExceptionFallbackException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>The full name of the original's type.</summary>
    [Id(0)]
    public string? ExceptionType { get; internal init; }
}
