using System.Collections.Concurrent;
using Hearth.Cluster;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Which shard takes a queue's jobs, and which one owns a job. A queue's pool is part of its shards' keys: that of the generation which takes new jobs,
/// else that of the shard that is there, else the one that it is bound to.
/// </summary>
internal sealed partial class ShardDirectory(
    IGrainFactory grains, IJobStore store, IClusterView cluster, QueueBindings bindings, QueueCatalogue catalogue, ILogger<ShardDirectory> logger)
{
    // Of queues that are there and have not been laid out: never change, and are few (JobLimits.ShardsMax).
    private readonly ConcurrentDictionary<string, QueueGeneration> pools = new(StringComparer.Ordinal);
    private int turn;

    /// <summary>Pools by queue, of the queues that this silo has met. Asks nobody.</summary>
    public IReadOnlyDictionary<string, string> KnownPools => pools.ToDictionary(
        queue => queue.Key, queue => (catalogue.GenerationsOf(queue.Key) is [.., var takesNew] ? takesNew : queue.Value).Pool, StringComparer.Ordinal);

    /// <summary>Whether a shard's pool has a silo. Without, nobody can be asked, and what is stored is all that is known.</summary>
    public bool HasHome(string key) => cluster.Current.HasHome(key);

    public IShardGrain Of(ShardRow shard) => Of(shard.Key);

    public IShardGrain Of(string key) => grains.GetGrain<IShardGrain>(key);

    /// <summary>The key of a shard of a generation, each in its turn. It is made when it is first called.</summary>
    public string KeyOf(string queue, QueueGeneration takers) =>
        takers.KeyOf(queue, takers.Count == 1 ? 0 : (int)((uint)Interlocked.Increment(ref turn) % (uint)takers.Count));

    /// <summary>The shards that take new jobs of a queue.</summary>
    public async ValueTask<QueueGeneration> TakersAsync(string queue, CancellationToken cancellationToken)
    {
        if (catalogue.GenerationsOf(queue) is [.., var takesNew])
            return takesNew;
        if (catalogue.Of(queue).Shards > 1 && await LaidOutAsync(queue) is { } laidOut)
            return laidOut;
        if (!pools.ContainsKey(queue))
            await ShardsAsync(queue, cancellationToken);
        return pools.GetValueOrDefault(queue) ?? new QueueGeneration(bindings.PoolOf(queue), 0, 1);
    }

    /// <summary>The keys of the shards that have, or may have, open jobs of a queue: those that take new ones, and all others that are there.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string queue, CancellationToken cancellationToken)
    {
        var takers = await TakersAsync(queue, cancellationToken);
        var there = await ShardsAsync(queue, cancellationToken);
        return [.. Enumerable.Range(0, takers.Count).Select(n => takers.KeyOf(queue, n)).Union(there.Select(shard => shard.Key), StringComparer.Ordinal)];
    }

    /// <summary>Whether the keys of a queue's jobs belong to different shards, or did lately.</summary>
    public bool HasManyShards(string queue) => catalogue.GenerationsOf(queue).Any(generation => generation.Count > 1);

    /// <summary>Jobs with the keys that stand in their inputs, where it may depend on the key which shard they belong to; else as they are.</summary>
    public JobSpec[] Named(string queue, JobSpec[] jobs) =>
        HasManyShards(queue) && catalogue.Of(queue).Limits?.Key is { } path ? Array.ConvertAll(jobs, job => JobKeyPath.Named(path, job)) : jobs;

    /// <summary>The key of the shard that takes a job.</summary>
    public async ValueTask<string> TakerOfAsync(string queue, JobSpec job, CancellationToken cancellationToken)
    {
        var takers = await TakersAsync(queue, cancellationToken);
        return JobRoute.HashOf(Named(queue, [job])[0]) is { } route ? takers.KeyFor(queue, route.Span) : KeyOf(queue, takers);
    }

    /// <summary>What is stored of the queues is read again: a shard has said that others have its new jobs.</summary>
    public Task RefreshAsync() => catalogue.RefreshAsync();

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

    /// <summary>Code or configuration ask for several shards, and no silo has needed them yet.</summary>
    private async Task<QueueGeneration?> LaidOutAsync(string queue)
    {
        await grains.GetGrain<IQueueGrain>(queue).LayOutAsync();
        await catalogue.RefreshAsync();
        return catalogue.GenerationsOf(queue) is [.., var takesNew] ? takesNew : null;
    }

    private void Learn(string key)
    {
        var queue = ShardKey.QueueOf(key);
        if (pools.ContainsKey(queue))
            return;
        var pool = ShardKey.PoolOf(key);
        if (pools.TryAdd(queue, new QueueGeneration(pool, 0, 1)) && catalogue.GenerationsOf(queue).Count == 0
            && bindings.All.TryGetValue(queue, out var bound) && bound.Pool != pool)
        {
            LogKept(logger, queue, pool, bound.Pool);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Queue '{Queue}' stays in pool '{Pool}', in which it was made: that it is bound to '{Bound}' has no effect")]
    private static partial void LogKept(ILogger logger, string queue, string pool, string bound);
}
