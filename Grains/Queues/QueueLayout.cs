using Hearth.Jobs;

namespace Hearth.Queues;

/// <summary>The generations of a queue's shards: how one follows another, and which counts for what.</summary>
internal static class QueueLayout
{
    /// <summary>
    /// The generations once a queue is to have these shards. Those that ended so long ago that no key of theirs counts are forgotten, and so free
    /// their numbers.
    /// </summary>
    /// <param name="before">Oldest first; not empty.</param>
    /// <param name="pool">The pool that is asked for.</param>
    /// <param name="shards">How many shards.</param>
    /// <param name="now">On the store's clock.</param>
    /// <returns>Null when there are too many to be remembered.</returns>
    public static IReadOnlyList<QueueGeneration>? Resize(IReadOnlyList<QueueGeneration> before, string pool, int shards, DateTimeOffset now)
    {
        if (before[^1] is { } current && current.Pool == pool && current.Count == shards)
            return before;
        var former = before.Select(generation => generation.Until is null ? generation with { Until = now } : generation)
            .Where(generation => generation.Until > now - JobLimits.UniqueWithinMax).ToList();
        return former.Count > QueueRules.GenerationsMax
            ? null
            : [.. former, new QueueGeneration(pool, FreeNumber(former, shards), shards)];
    }

    /// <summary>The first number from which on so many are free, in whatever pool.</summary>
    private static int FreeNumber(List<QueueGeneration> taken, int count)
    {
        var first = 0;
        foreach (var generation in taken.OrderBy(generation => generation.First))
        {
            if (first + count <= generation.First)
                break;
            first = Math.Max(first, generation.First + generation.Count);
        }

        return first;
    }
}
