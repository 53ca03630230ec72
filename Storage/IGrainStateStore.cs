namespace Hearth.Storage;

/// <summary>A grain's stored state.</summary>
/// <param name="Payload">JSON.</param>
/// <param name="ETag">Changes with every write.</param>
public sealed record GrainStateRow(byte[] Payload, string ETag);

/// <summary>State per grain, with optimistic concurrency.</summary>
public interface IGrainStateStore
{
    Task<GrainStateRow?> ReadAsync(string grain, string name);

    /// <summary>Writes if the stored etag is <paramref name="expected"/> (null: nothing stored).</summary>
    /// <returns>The new etag, or null when another writer was first.</returns>
    Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected);

    /// <summary>Removes if the stored etag is <paramref name="expected"/>.</summary>
    /// <returns>False when another writer was first.</returns>
    Task<bool> ClearAsync(string grain, string name, string? expected);
}
