using Hearth.Cluster;
using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>Reads and changes the queues' definitions, for the HTTP API and for code in this process.</summary>
internal sealed class QueueDefinitions(IGrainFactory grains, QueueCatalogue catalogue, TimeProvider clock)
{
    /// <summary>Tries of a change that is made to whatever is there, while others change it as well.</summary>
    private const int TriesMax = 20;

    /// <summary>The definition that counts, as it is stored now.</summary>
    public Task<QueueView> ShowAsync(string queue) => GrainCalls.RepeatAsync(() => grains.GetGrain<IQueueGrain>(queue).ShowAsync(), clock);

    /// <summary>What a definition that names nothing means: as code and configuration say, with the pool and the shards that the queue has now.</summary>
    public QueueDefinition GivenFor(string queue, QueueView now) => catalogue.Given(queue) with { Pool = now.Definition.Pool, Shards = now.Definition.Shards };

    /// <summary>Stores what a change makes of the definition that is there.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="change">Makes the new definition, checked; called again when another was first.</param>
    /// <param name="condition">What the caller says must be so.</param>
    public async Task<QueueChange> ChangeAsync(string queue, Func<QueueView, QueueDefinition> change, QueueCondition condition)
    {
        for (var tries = 1; ; tries++)
        {
            var now = await ShowAsync(queue);
            if (condition.ETags?.Contains(now.ETag, StringComparer.Ordinal) == false || (condition.Exists is { } exists && exists != now.IsStored))
                return new QueueChange(QueueChangeOutcome.Refused, now);
            var changed = await grains.GetGrain<IQueueGrain>(queue).PutAsync(change(now), condition with { ETags = [now.ETag] });
            if (changed.Outcome != QueueChangeOutcome.Refused || tries == TriesMax)
                return changed;
        }
    }

    /// <summary>Deletes what is stored.</summary>
    public Task<QueueChange> DeleteAsync(string queue, QueueCondition condition) => grains.GetGrain<IQueueGrain>(queue).DeleteAsync(condition);
}
