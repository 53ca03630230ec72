namespace Hearth.Jobs;

/// <summary>How a silo treats jobs.</summary>
/// <param name="Owner">Name of this silo as an owner of shards; unique to this start.</param>
internal sealed record JobsOptions(string Owner)
{
    /// <summary>Open jobs of a shard, above which submissions are refused.</summary>
    public int DepthMax { get; init; } = JobLimits.QueueDepthMax;

    /// <summary>Ended jobs since the last checkpoint, at which the next is written (or as many as are open, if those are more).</summary>
    public int CheckpointEvery { get; init; } = 10_000;

    /// <summary>How long runs may go on after the silo was told to stop.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);
}
