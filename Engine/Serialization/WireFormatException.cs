namespace Orleans.Serialization;

/// <summary>Bytes of another silo cannot be read: too deep, too many, cut off, or of a type that the manifest does not have.</summary>
internal sealed class WireFormatException : Exception
{
    public WireFormatException(string message) : base(message) { }
    public WireFormatException(string message, Exception inner) : base(message, inner) { }
}
