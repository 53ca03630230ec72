namespace Orleans.Runtime;

/// <summary>The process was put together in a way that cannot work. The message names the remedy.</summary>
public sealed class OrleansConfigurationException : Exception
{
    public OrleansConfigurationException(string message) : base(message) { }
    public OrleansConfigurationException(string message, Exception innerException) : base(message, innerException) { }
}
