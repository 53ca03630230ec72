using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>A grain asks for a storage provider that is not there.</summary>
public sealed class BadProviderConfigException : OrleansException
{
    public BadProviderConfigException() { }
    public BadProviderConfigException(string msg) : base(msg) { }
    public BadProviderConfigException(string msg, Exception exc) : base(msg, exc) { }
}
