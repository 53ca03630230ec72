using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Which shard takes a queue's jobs, and which one owns a job.</summary>
internal sealed class ShardDirectory(IGrainFactory grains, IJobStore store)
{
    /// <summary>The shard that takes new jobs of a queue; made when it is first called.</summary>
    public IShardGrain ForQueue(string queue) => grains.GetGrain<IShardGrain>(ShardKey.Of(queue));

    public IShardGrain Of(ShardRow shard) => grains.GetGrain<IShardGrain>(shard.Key);

    /// <summary>Whether a queue has jobs, or may have its first.</summary>
    public async ValueTask<bool> MayTakeAsync(string queue, CancellationToken cancellationToken) =>
        await store.ShardNumberAsync(ShardKey.Of(queue), cancellationToken) is not null
        || (await store.ShardsAsync(cancellationToken)).Count < JobLimits.ShardsMax;

    /// <summary>The owner of a job and its queue; null when no shard has minted such an id.</summary>
    public async ValueTask<(IShardGrain Shard, string Queue)?> OwnerOfAsync(JobId id, CancellationToken cancellationToken) =>
        await store.ShardKeyAsync(id.Shard, cancellationToken) is { } key
            ? (grains.GetGrain<IShardGrain>(key), ShardKey.QueueOf(key))
            : null;

    /// <summary>The name of the queue that a job is in; empty when no shard has minted such an id.</summary>
    public async ValueTask<string> QueueOfAsync(JobId id, CancellationToken cancellationToken) =>
        await store.ShardKeyAsync(id.Shard, cancellationToken) is { } key ? ShardKey.QueueOf(key) : "";

    /// <summary>The shards of a queue, or of all.</summary>
    public async Task<IReadOnlyList<ShardRow>> ShardsAsync(string? queue, CancellationToken cancellationToken)
    {
        var all = await store.ShardsAsync(cancellationToken);
        return queue is null ? all : [.. all.Where(shard => ShardKey.QueueOf(shard.Key) == queue)];
    }
}
