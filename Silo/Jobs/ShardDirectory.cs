using System.Collections.Concurrent;
using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Which shard takes a queue's jobs, and which one owns a job. A queue's pool is part of its shards' keys: that of the shards that are there,
/// else the one that it is bound to.
/// </summary>
internal sealed partial class ShardDirectory(
    IGrainFactory grains, IJobStore store, IClusterView cluster, QueueBindings bindings, ILogger<ShardDirectory> logger)
{
    // Of queues that are there: never change, and are few (JobLimits.ShardsMax).
    private readonly ConcurrentDictionary<string, string> pools = new(StringComparer.Ordinal);

    /// <summary>Pools by queue, of the queues that this silo has met. Asks nobody.</summary>
    public IReadOnlyDictionary<string, string> KnownPools => pools;

    /// <summary>The shard that takes new jobs of a queue; made when it is first called.</summary>
    public async ValueTask<IShardGrain> ForQueueAsync(string queue, CancellationToken cancellationToken) =>
        Of(await KeyOfAsync(queue, cancellationToken));

    /// <summary>Whether a shard's pool has a silo. Without, nobody can be asked, and what is stored is all that is known.</summary>
    public bool HasHome(string key) => cluster.Current.HasHome(key);

    public IShardGrain Of(ShardRow shard) => Of(shard.Key);

    public IShardGrain Of(string key) => grains.GetGrain<IShardGrain>(key);

    /// <summary>The key of the shard that takes new jobs of a queue.</summary>
    public async ValueTask<string> KeyOfAsync(string queue, CancellationToken cancellationToken)
    {
        if (!pools.ContainsKey(queue))
            await ShardsAsync(queue, cancellationToken);
        return ShardKey.Of(queue, pools.GetValueOrDefault(queue) ?? bindings.PoolOf(queue));
    }

    /// <summary>Whether a queue has jobs, or may have its first.</summary>
    public async ValueTask<bool> MayTakeAsync(string queue, CancellationToken cancellationToken) =>
        pools.ContainsKey(queue)
        || (await ShardsAsync(null, cancellationToken)).Count < JobLimits.ShardsMax
        || pools.ContainsKey(queue);

    /// <summary>The owner of a job and its queue; null when no shard has minted such an id.</summary>
    public async ValueTask<(IShardGrain Shard, string Queue)?> OwnerOfAsync(JobId id, CancellationToken cancellationToken) =>
        await store.ShardKeyAsync(id.Shard, cancellationToken) is { } key
            ? (Of(key), ShardKey.QueueOf(key))
            : null;

    /// <summary>The name of the queue that a job is in; empty when no shard has minted such an id.</summary>
    public async ValueTask<string> QueueOfAsync(JobId id, CancellationToken cancellationToken) =>
        await store.ShardKeyAsync(id.Shard, cancellationToken) is { } key ? ShardKey.QueueOf(key) : "";

    /// <summary>The shards of a queue, or of all.</summary>
    public async Task<IReadOnlyList<ShardRow>> ShardsAsync(string? queue, CancellationToken cancellationToken)
    {
        var all = await store.ShardsAsync(cancellationToken);
        foreach (var shard in all)
            Learn(shard.Key);
        return queue is null ? all : [.. all.Where(shard => ShardKey.QueueOf(shard.Key) == queue)];
    }

    private void Learn(string key)
    {
        var (queue, pool) = (ShardKey.QueueOf(key), ShardKey.PoolOf(key));
        if (pools.TryAdd(queue, pool) && bindings.All.TryGetValue(queue, out var bound) && bound != pool)
            LogKept(logger, queue, pool, bound);
    }

    [LoggerMessage(LogLevel.Warning, "Queue '{Queue}' stays in pool '{Pool}', in which it was made: that it is bound to '{Bound}' has no effect")]
    private static partial void LogKept(ILogger logger, string queue, string pool, string bound);
}
