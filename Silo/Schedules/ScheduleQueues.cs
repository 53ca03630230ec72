using System.Collections.Concurrent;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;
using Orleans.Runtime;

namespace Hearth.Schedules;

/// <summary>The queues of this cluster.</summary>
internal sealed class ScheduleQueues(ShardDirectory shards, IJobStore store, IClusterView cluster, IGrainFactory grains, TimeProvider clock) : IScheduleQueues
{
    private static readonly TimeSpan TakeInMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TakeInPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LoadMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LoadAge = TimeSpan.FromSeconds(1);

    /// <summary>Many schedules may wait for the same pool.</summary>
    private readonly ConcurrentDictionary<string, (long At, int? Load)> loads = new(StringComparer.Ordinal);

    public async ValueTask<int> ShardAsync(string queue, JobSpec job, CancellationToken cancellationToken)
    {
        var key = await shards.TakerOfAsync(queue, job, cancellationToken);
        if (await store.ShardNumberAsync(key, cancellationToken) is { } number)
            return number;
        if (!await shards.MayTakeAsync(queue, cancellationToken))
            throw new StoreUnavailableException(new TooManyQueuesException().Message);
        if (!shards.HasHome(key))
            throw new QueueWithoutSiloException(queue, ShardKey.PoolOf(key));
        // A shard gets its number when it is first asked something.
        await GrainCalls.RepeatAsync(() => shards.Of(key).DepthAsync(), clock);
        return await store.ShardNumberAsync(key, cancellationToken) ?? throw new StoreUnavailableException($"Queue '{queue}' has no shard yet: try again.");
    }

    public async Task TakeInAsync(JobId job, CancellationToken cancellationToken)
    {
        try
        {
            if (await shards.OwnerOfAsync(job, cancellationToken) is not var (shard, _))
                return;
            var since = clock.GetTimestamp();
            await shard.ReadInboxAsync().WaitAsync(TakeInMax, clock, cancellationToken);
            // A shard that reads already answers at once, and reads on.
            while (await store.FindAsync(job, cancellationToken) is null && clock.GetElapsedTime(since) < TakeInMax)
                await Task.Delay(TakeInPause, clock, cancellationToken);
        }
        catch (Exception e) when (e is OrleansException or StoreUnavailableException or TimeoutException)
        {
            // It is stored; the shard, or its next owner, reads its inbox by itself.
        }
    }

    public async ValueTask<int?> LoadAsync(string queue, CancellationToken cancellationToken)
    {
        var pool = (await shards.TakersAsync(queue, cancellationToken)).Pool;
        if (loads.TryGetValue(pool, out var known) && clock.GetElapsedTime(known.At) < LoadAge)
            return known.Load;
        var told = (await Task.WhenAll(cluster.Current.Workers(pool).Select(silo => LoadOfAsync(silo.Id, cancellationToken)))).OfType<int>().ToList();
        var load = told.Count == 0 ? (int?)null : (int)Math.Round(told.Average());
        loads[pool] = (clock.GetTimestamp(), load);
        return load;
    }

    /// <summary>Null where it does not tell, because it has just started, or has gone.</summary>
    private async Task<int?> LoadOfAsync(string silo, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<ILoadGrain>(silo).ReadAsync().WaitAsync(LoadMax, clock, cancellationToken);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    public async Task CancelAsync(JobId job, CancellationToken cancellationToken)
    {
        if (await shards.OwnerOfAsync(job, cancellationToken) is not var (shard, _))
            return;
        var outcome = await GrainCalls.RepeatAsync(() => shard.CancelAsync(job), clock);
        if (outcome.Result != ActResult.Unknown)
            return;
        // It is still in the inbox.
        await TakeInAsync(job, cancellationToken);
        outcome = await GrainCalls.RepeatAsync(() => shard.CancelAsync(job), clock);
        if (outcome.Result == ActResult.Unknown)
            throw new StoreUnavailableException($"Job {job} is not known to its queue yet, and cannot be cancelled.");
    }
}
