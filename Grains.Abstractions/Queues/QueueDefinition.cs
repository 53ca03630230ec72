using Hearth.Cluster;
using Hearth.Jobs;

namespace Hearth.Queues;

/// <summary>What is special about a queue. A queue without a definition has the defaults.</summary>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-definition")]
public sealed record QueueDefinition
{
    public static QueueDefinition Default { get; } = new();

    /// <summary>The pool whose silos run its jobs.</summary>
    [Id(0)]
    public string Pool { get; init; } = PoolName.Default;

    /// <summary>Shards that take new jobs, 1 to <see cref="QueueRules.ShardsMax"/>. Order, priority and fairness are exact within a shard.</summary>
    [Id(1)]
    public int Shards { get; init; } = 1;

    /// <summary>No attempt starts; submissions are taken.</summary>
    [Id(2)]
    public bool Paused { get; init; }

    /// <summary>Open jobs above which submissions are refused, 1 to <see cref="JobLimits.QueueDepthMax"/>; null: that.</summary>
    [Id(3)]
    public int? DepthMax { get; init; }

    /// <summary>Of jobs that name none; null: the function's.</summary>
    [Id(4)]
    public RetryPolicy? Retry { get; init; }

    /// <summary>Longest run of an attempt, of jobs that name none; null: the function's.</summary>
    [Id(5)]
    public TimeSpan? Timeout { get; init; }

    /// <summary>1 (first) to 5, of jobs that name none; null: 3.</summary>
    [Id(6)]
    public byte? Priority { get; init; }

    /// <summary>How long ended jobs are kept; null: as the silo says.</summary>
    [Id(7)]
    public QueueRetention? Retention { get; init; }

    /// <summary>What bounds the starts of its jobs; null: nothing but slots.</summary>
    [Id(8)]
    public QueueLimits? Limits { get; init; }

    /// <summary>What is done with jobs that failed for good; null: they stay as failed jobs of this queue.</summary>
    [Id(9)]
    public DeadLetters? DeadLetters { get; init; }

    /// <summary>When attempts fail, none starts for a while; null: they go on.</summary>
    [Id(10)]
    public QueueBreaker? Breaker { get; init; }
}

/// <summary>How long ended jobs are kept, by how they ended. Null: as the silo says.</summary>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-retention")]
public sealed record QueueRetention(
    [property: Id(0)] TimeSpan? Succeeded = null, [property: Id(1)] TimeSpan? Failed = null, [property: Id(2)] TimeSpan? Cancelled = null);

/// <summary>A job that failed for good is handed to a function, as a job of its own.</summary>
/// <param name="Queue">The queue of that job.</param>
/// <param name="Function">The function, whose input is the failed job's document (id, queue, function, error, input).</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.dead-letters")]
public sealed record DeadLetters([property: Id(0)] string Queue, [property: Id(1)] string Function);
