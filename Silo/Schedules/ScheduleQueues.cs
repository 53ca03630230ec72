using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;
using Orleans.Runtime;

namespace Hearth.Schedules;

/// <summary>The queues of this cluster.</summary>
internal sealed class ScheduleQueues(ShardDirectory shards, IJobStore store, TimeProvider clock) : IScheduleQueues
{
    private static readonly TimeSpan TakeInMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TakeInPause = TimeSpan.FromMilliseconds(10);

    public async ValueTask<int> ShardAsync(string queue, CancellationToken cancellationToken)
    {
        var key = shards.KeyOf(queue, await shards.TakersAsync(queue, cancellationToken));
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
