namespace Hearth.Storage;

/// <summary>A grain's stored state.</summary>
/// <param name="Payload">JSON.</param>
/// <param name="ETag">Changes with every write.</param>
public sealed record GrainStateRow(byte[] Payload, string ETag);

/// <summary>What is told of a stored state without reading it.</summary>
/// <param name="Grain">Whose it is.</param>
/// <param name="Bytes">Length of its payload.</param>
/// <param name="UpdatedAt">When it was written last, on the store's clock.</param>
/// <param name="ETag">That of its row.</param>
public sealed record GrainStateHead(string Grain, long Bytes, DateTimeOffset UpdatedAt, string ETag);

/// <summary>State per grain, with optimistic concurrency.</summary>
/// <remarks>
/// Everything fails with <see cref="StoreUnavailableException"/> when the store does not take it, and what writes with
/// <see cref="OutcomeUnknownException"/> when the store was lost in between: then it may have been stored.
/// </remarks>
public interface IGrainStateStore
{
    Task<GrainStateRow?> ReadAsync(string grain, string name);

    /// <summary>Writes if the stored etag is <paramref name="expected"/> (null: nothing stored).</summary>
    /// <returns>The new etag, or null when another writer was first.</returns>
    Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected);

    /// <summary>Removes if the stored etag is <paramref name="expected"/>.</summary>
    /// <returns>False when another writer was first.</returns>
    Task<bool> ClearAsync(string grain, string name, string? expected);

    /// <summary>The states of one name whose grains begin with a text, in the order of their UTF-8 bytes.</summary>
    /// <param name="name">The state's name.</param>
    /// <param name="prefix">Not empty.</param>
    /// <param name="after">Only grains behind this one; null: from the first on.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<GrainStateHead>> ListAsync(string name, string prefix, string? after, int limit, CancellationToken cancellationToken);
}
