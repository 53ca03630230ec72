using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Cluster;

/// <summary>A pool, who carries it and what is bound to it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Silos">Names of the silos that carry it.</param>
/// <param name="Functions">Names of the functions bound to it, of those that this silo serves.</param>
/// <param name="Queues">Names of the queues bound to it.</param>
/// <param name="IsEmpty">No silo takes its work: that of its functions and queues waits.</param>
internal sealed record PoolView(
    string Name, IReadOnlyList<string> Silos, IReadOnlyList<string> Functions, IReadOnlyList<string> Queues, bool IsEmpty);

/// <summary>Counts the pools: those that silos carry, and those that functions and queues are bound to.</summary>
internal sealed class PoolCensus(IClusterView cluster, FunctionRegistry registry, ShardDirectory shards, QueueBindings bindings)
{
    /// <summary>By name; of queues, those that this silo has met. Asks nobody.</summary>
    public IReadOnlyList<PoolView> Take()
    {
        var snapshot = cluster.Current;
        var functions = registry.All.Values.Where(f => f.Options.Pool is not null).ToLookup(f => f.Options.Pool!, f => f.Name, StringComparer.Ordinal);
        // Where a queue is there, its shards say its pool; a binding to another has no effect.
        var queues = shards.KnownPools.Concat(bindings.All.Where(bound => !shards.KnownPools.ContainsKey(bound.Key)).Select(bound => KeyValuePair.Create(bound.Key, bound.Value.Pool)))
            .ToLookup(queue => queue.Value, queue => queue.Key, StringComparer.Ordinal);
        var names = snapshot.Silos.SelectMany(silo => silo.Pools).Concat(functions.Select(f => f.Key)).Concat(queues.Select(q => q.Key));
        return
        [
            .. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => new PoolView(
                name,
                [.. snapshot.Silos.Where(silo => silo.Pools.Contains(name, StringComparer.Ordinal)).Select(silo => silo.Name)],
                [.. functions[name].Order(StringComparer.Ordinal)],
                [.. queues[name].Order(StringComparer.Ordinal)],
                !snapshot.Workers(name).Any())),
        ];
    }

    /// <summary>Sentences about pools whose work waits because nobody takes it.</summary>
    public IEnumerable<string> Mistakes() => Take()
        .Where(pool => pool.IsEmpty && (pool.Functions.Count > 0 || pool.Queues.Count > 0))
        .Select(pool =>
            $"No silo takes the work of pool '{pool.Name}', to which {Count(pool.Functions.Count, "function")} and {Count(pool.Queues.Count, "queue")} are bound: "
            + $"start one with --pool {pool.Name}.");

    private static string Count(int count, string what) => count == 1 ? "1 " + what : FormattableString.Invariant($"{count} {what}s");
}
