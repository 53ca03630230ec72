using Orleans.Concurrency;

namespace Hearth.Objects;

/// <summary>
/// One object: a state and the operations on it, one at a time. Key: <see cref="ObjectKey"/>. What it answers is stored.
/// </summary>
/// <remarks>
/// Everything that writes fails with <c>StoreUnavailableException</c> when the store does not take it, and with
/// <c>InconsistentStateException</c> when another activation has written since this one read: nothing was stored then, and another try
/// reaches one that reads anew. A call that waits for its turn and is cancelled never runs.
/// </remarks>
[Alias("hearth.object")]
public interface IObjectGrain : IGrainWithStringKey
{
    /// <summary>Runs an operation that may change the state, alone, and stores the state.</summary>
    [ResponseTimeout("00:10:00")]
    Task<ObjectAnswer> RunAsync(ObjectCall call, CancellationToken cancellationToken);

    /// <summary>Runs an operation that only reads; several of them may run at once.</summary>
    [ReadOnly]
    [ResponseTimeout("00:10:00")]
    Task<ObjectAnswer> ReadAsync(ObjectCall call, CancellationToken cancellationToken);

    /// <summary>The stored state; null when there is none.</summary>
    [ReadOnly]
    [ResponseTimeout("00:10:00")]
    Task<ObjectSnapshot?> ShowAsync(CancellationToken cancellationToken);

    /// <summary>Removes the state.</summary>
    /// <returns>False when there was none.</returns>
    [ResponseTimeout("00:10:00")]
    Task<bool> DeleteAsync(CancellationToken cancellationToken);
}
