using Hearth.Jobs;

namespace Hearth.Api.Jobs.Queues;

/// <summary>Jobs of a queue that wait because runs have asked for it, those of all its shards.</summary>
/// <param name="Until">No job of the queue starts before; null: only keys wait.</param>
/// <param name="Since">Since when.</param>
/// <param name="Keys">Keys whose jobs wait, the longest first; at most 20.</param>
/// <param name="KeysHeld">How many there are.</param>
internal sealed record BackOffDocument(DateTimeOffset? Until, DateTimeOffset? Since, IReadOnlyList<HeldKeyDocument> Keys, int KeysHeld)
{
    /// <returns>Null: none waits.</returns>
    public static BackOffDocument? From(IReadOnlyList<ShardHolds> shards)
    {
        var queues = shards.Select(shard => shard.Queue).OfType<HeldBack>().ToList();
        var keys = shards.SelectMany(shard => shard.Keys).OrderByDescending(key => key.Until).Take(ShardHolds.KeysMax);
        var held = shards.Sum(shard => shard.KeysHeld);
        return queues.Count == 0 && held == 0
            ? null
            : new BackOffDocument(
                queues.Max(queue => (DateTimeOffset?)queue.Until), queues.Min(queue => (DateTimeOffset?)queue.Since),
                [.. keys.Select(key => new HeldKeyDocument(key.Key, key.Until, key.Since))], held);
    }
}

/// <param name="Key">Null: that of jobs without one.</param>
/// <param name="Until">None of them starts before.</param>
/// <param name="Since">Since when.</param>
internal sealed record HeldKeyDocument(string? Key, DateTimeOffset Until, DateTimeOffset Since);

/// <summary>The circuit breaker of a queue: that of the shard which is worst off.</summary>
/// <param name="State"><c>closed</c>, <c>open</c> or <c>halfOpen</c>.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Attempts that failed and count; null: a former owner of the shard has counted.</param>
/// <param name="NextProbe">While it is open: when the next attempt may start.</param>
/// <param name="Probes">Probes that run.</param>
/// <param name="OpenShards">How many shards' breakers are not closed.</param>
internal sealed record BreakerStateDocument(string State, DateTimeOffset Since, int? Failures, DateTimeOffset? NextProbe, int Probes, int OpenShards)
{
    /// <returns>Null: there is none.</returns>
    public static BreakerStateDocument? From(IReadOnlyList<ShardHolds> shards)
    {
        var all = shards.Select(shard => shard.Breaker).OfType<BreakerView>().ToList();
        return all.OrderByDescending(breaker => breaker.State).ThenByDescending(breaker => breaker.Failures).FirstOrDefault() is { } worst
            ? new BreakerStateDocument(
                NameOf(worst.State), worst.Since, worst.Failures, worst.NextProbe, all.Sum(breaker => breaker.Probes), all.Count(breaker => breaker.State != BreakerState.Closed))
            : null;
    }

    private static string NameOf(BreakerState state) => state switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "halfOpen",
        _ => "closed",
    };
}
