using Hearth.Cluster;

namespace Hearth.Jobs;

/// <summary>Ends what holds back a queue's jobs besides its definition, in all of its shards, the former ones among them.</summary>
internal sealed class QueueBackOff(ShardDirectory shards, TimeProvider clock)
{
    /// <summary>Shards that are told at once.</summary>
    private const int ShardsAtOnce = 64;

    /// <exception cref="Hearth.Storage.StoreUnavailableException">A shard could not be told; others may have been.</exception>
    public async Task EndAsync(string queue, CancellationToken cancellationToken)
    {
        // Where the pool has no silo, nobody knows of any. No error: a former shard's pool may have gone for good.
        var there = (await shards.ShardsAsync(queue, cancellationToken)).Where(shard => shards.HasHome(shard.Key));
        foreach (var some in there.Chunk(ShardsAtOnce))
        {
            await Task.WhenAll(some.Select(shard => GrainCalls.RepeatAsync(
                async () =>
                {
                    await shards.Of(shard).EndBackOffAsync();
                    return true;
                },
                clock)));
        }
    }
}
