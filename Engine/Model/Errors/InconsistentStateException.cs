using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>
/// The stored state is not the one that the grain read: somebody else wrote it. The activation that lets it out of a
/// call is deactivated, so that the next call reads the stored state afresh.
/// </summary>
[GenerateSerializer]
public class InconsistentStateException : OrleansException
{
    public InconsistentStateException() { }
    public InconsistentStateException(string message) : base(message) { }
    public InconsistentStateException(string message, Exception? innerException) : base(message, innerException!) { }

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
        : this(errorMsg, storedEtag, currentEtag, null) { }

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
        : base(errorMsg, storageException!) => (StoredEtag, CurrentEtag) = (storedEtag, currentEtag);

    /// <summary>The version in the store, when the store knows it.</summary>
    [Id(0)]
    public string? StoredEtag { get; }

    /// <summary>The version that the grain holds.</summary>
    [Id(1)]
    public string? CurrentEtag { get; }

    /// <summary>Whether the exception has not left the activation yet whose state it is about.</summary>
    [Id(2)]
    internal bool IsSourceActivation { get; set; } = true;
}
