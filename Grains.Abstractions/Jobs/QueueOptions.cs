using Hearth.Cluster;
using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// What is special about a queue, as code (<c>AddQueue</c>) or configuration (<c>Hearth:Queues:{name}</c>) say. A definition that is stored through the
/// API takes the place of it all.
/// </summary>
public sealed class QueueOptions
{
    /// <summary>
    /// The pool whose silos run its jobs. Default <c>default</c>. A queue that is there already keeps the pool that it was made with.
    /// </summary>
    public string Pool { get; set; } = PoolName.Default;

    /// <summary>Shards that share its jobs, 1 to 64. Default 1. A queue that has been laid out already keeps its shards.</summary>
    public int Shards { get; set; } = 1;

    /// <summary>No attempt starts; submissions are taken.</summary>
    public bool Paused { get; set; }

    /// <summary>Open jobs above which submissions are refused. Default 5,000,000.</summary>
    public int? DepthMax { get; set; }

    /// <summary>Of jobs that name none. Default: the function's.</summary>
    public RetryPolicy? Retry { get; set; }

    /// <summary>Longest run of an attempt, of jobs that name none. Default: the function's.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>1 (first) to 5, of jobs that name none or 3. Default 3.</summary>
    public byte? Priority { get; set; }

    /// <summary>How long ended jobs are kept. Default: as the silo says.</summary>
    public QueueRetention? Retention { get; set; }

    /// <summary>What bounds the starts of its jobs. Default: nothing but slots.</summary>
    public QueueLimits? Limits { get; set; }

    /// <summary>What is done with jobs that failed for good. Default: they stay as failed jobs of this queue.</summary>
    public DeadLetters? DeadLetters { get; set; }

    /// <summary>When attempts fail, none starts for a while. Default: they go on.</summary>
    public QueueBreaker? Breaker { get; set; }

    /// <summary>The same as a definition.</summary>
    public QueueDefinition ToDefinition() => new()
    {
        Pool = Pool, Shards = Shards, Paused = Paused, DepthMax = DepthMax, Retry = Retry, Timeout = Timeout, Priority = Priority,
        Retention = Retention, Limits = Limits, DeadLetters = DeadLetters, Breaker = Breaker,
    };
}
