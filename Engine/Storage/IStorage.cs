namespace Orleans.Core;

/// <summary>Reads and writes one state of one grain.</summary>
public interface IStorage
{
    /// <summary>The stored version that was last read or written; null when there is none.</summary>
    string? Etag { get; }

    /// <summary>Whether the store holds this state.</summary>
    bool RecordExists { get; }

    /// <summary>Removes the stored state and starts from a fresh value.</summary>
    /// <exception cref="Storage.InconsistentStateException">Somebody else wrote since the last read.</exception>
    Task ClearStateAsync();

    /// <summary>Stores the value. Acknowledged means stored.</summary>
    /// <exception cref="Storage.InconsistentStateException">Somebody else wrote since the last read.</exception>
    Task WriteStateAsync();

    /// <summary>Replaces the value by the stored one.</summary>
    Task ReadStateAsync();

    /// <inheritdoc cref="ClearStateAsync()"/>
    Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

    /// <inheritdoc cref="WriteStateAsync()"/>
    Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

    /// <inheritdoc cref="ReadStateAsync()"/>
    Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
}

/// <summary>One state of one grain with its value.</summary>
public interface IStorage<TState> : IStorage
{
    TState State { get; set; }
}
