using Orleans.Concurrency;

namespace Hearth.Queues;

/// <summary>The definition of a queue. Key: the queue's name.</summary>
/// <remarks>
/// Wherever it runs, the store decides: a change is made under the etag of what was read. Everything fails with <c>StoreUnavailableException</c> when
/// the store does not take it.
/// </remarks>
[Alias("hearth.queue")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>The definition that counts.</summary>
    Task<QueueView> ShowAsync();

    /// <summary>Stores a definition that has been checked, and makes it known: to all shards and silos that can be reached before it is answered.</summary>
    Task<QueueChange> PutAsync(QueueDefinition definition, QueueCondition condition);

    /// <summary>Back to what code and configuration say.</summary>
    Task<QueueChange> DeleteAsync(QueueCondition condition);

    /// <summary>Makes the shards that code or configuration ask for, unless the queue has been laid out before.</summary>
    Task LayOutAsync();
}

/// <summary>What one silo knows of the queues. Key: the silo's id.</summary>
[Alias("hearth.queue-watch")]
public interface IQueueWatchGrain : IGrainWithStringKey
{
    /// <summary>A definition has changed; once answered, this silo knows it.</summary>
    [AlwaysInterleave]
    Task RefreshAsync();
}

/// <param name="Definition">What counts: the stored definition, or what code and configuration say.</param>
/// <param name="IsStored">Whether one is stored.</param>
/// <param name="ETag">Changes with every change of what is stored.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-view")]
public sealed record QueueView([property: Id(0)] QueueDefinition Definition, [property: Id(1)] bool IsStored, [property: Id(2)] string ETag);

/// <summary>What a change depends on.</summary>
/// <param name="ETags">One of these is the etag of what is stored; null: whatever is.</param>
/// <param name="Exists">True: one is stored; false: none is; null: either.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-condition")]
public sealed record QueueCondition([property: Id(0)] IReadOnlyList<string>? ETags = null, [property: Id(1)] bool? Exists = null)
{
    public static QueueCondition None { get; } = new();
}

/// <summary>What became of a change.</summary>
public enum QueueChangeOutcome
{
    /// <summary>Stored; there was a definition before, or it was deleted.</summary>
    Changed,

    /// <summary>Stored; there was none before.</summary>
    Created,

    /// <summary>What is stored is not as the condition says.</summary>
    Refused,

    /// <summary>Pool or shards have been changed too often within 7 days (<see cref="QueueRules.GenerationsMax"/>).</summary>
    TooManyGenerations,

    /// <summary>There would be more shards than there can be (<see cref="Hearth.Jobs.JobLimits.ShardsMax"/>).</summary>
    TooManyShards,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Now">The definition that counts now.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-change")]
public sealed record QueueChange([property: Id(0)] QueueChangeOutcome Outcome, [property: Id(1)] QueueView Now);
