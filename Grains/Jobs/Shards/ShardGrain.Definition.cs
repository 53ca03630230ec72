using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>What the queue's definition means for one of its shards. It is read at the start, and anew whenever it has changed.</summary>
internal sealed partial class ShardGrain
{
    /// <summary>What counts now.</summary>
    private QueueDefinition definition = QueueDefinition.Default;

    /// <summary>The generations before that which takes new jobs, the last one first.</summary>
    private IReadOnlyList<QueueGeneration> former = [];

    /// <summary>Another generation has the new jobs.</summary>
    private bool isRetired;

    public async Task ReconfigureAsync()
    {
        await catalogue.RefreshAsync();
        Reconfigure();
    }

    private void FollowDefinition()
    {
        catalogue.Changed += OnCatalogueChanged;
        Reconfigure();
    }

    private void UnfollowDefinition() => catalogue.Changed -= OnCatalogueChanged;

    private void OnCatalogueChanged(string queue)
    {
        if (queue != ShardKey.QueueOf(Key))
            return;
        _ = Task.Factory.StartNew(
            static shard => ((ShardGrain)shard!).Reconfigure(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, turns);
    }

    private void Reconfigure()
    {
        var queue = ShardKey.QueueOf(Key);
        var (before, generations) = (definition, catalogue.GenerationsOf(queue));
        definition = catalogue.Of(queue);
        isRetired = generations is [.., var takesNew] && !takesNew.Has(Key);
        former = [.. generations.SkipLast(1).Reverse()];
        var sharedBefore = shared;
        shared = generations.FirstOrDefault(generation => generation.Count > 1 && generation.Has(Key));
        OnDefinitionChanged(before);
        if (limits is not null && (shared?.First, shared?.Count) != (sharedBefore?.First, sharedBefore?.Count))
            Configure(wanted);
    }

    /// <summary>What has to be done at once when the definition is another.</summary>
    private void OnDefinitionChanged(QueueDefinition before)
    {
        memory.SetPriority(definition.Priority);
        if (!ReferenceEquals(before.Limits, definition.Limits))
            Configure(definition.Limits);
        else if (limits?.IsKeyed == true && before.Priority != definition.Priority)
            Configure(wanted); // all line up anew
        if (before.Breaker != definition.Breaker)
            UseBreaker(definition.Breaker);
        if (before.Paused && !definition.Paused)
            RingAll();
    }

    /// <summary>The shard's part of the queue's bound.</summary>
    private int DepthMax => (int)Math.Min(options.DepthMax, ((long)(definition.DepthMax ?? JobLimits.QueueDepthMax) + definition.Shards - 1) / definition.Shards);

    /// <summary>A job as it is run: what it leaves open is as the queue says now, and what that leaves open, as the function does.</summary>
    private JobSpec AsRun(JobSpec job)
    {
        if (definition is { Timeout: null, Retry: null } || job.Options is { Timeout: not null, Retry: not null })
            return job;
        var asked = job.Options ?? JobOptions.Default;
        return job with { Options = asked with { Timeout = asked.Timeout ?? definition.Timeout, Retry = asked.Retry ?? definition.Retry } };
    }
}
