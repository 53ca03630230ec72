namespace Hearth.Queues;

/// <summary>
/// What bounds the starts of a queue's jobs. A job over a limit does not hold up others, costs no attempt, and nobody polls for it.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-limits")]
public sealed record QueueLimits
{
    /// <summary>Starts of all jobs of the queue, across silos; all of them hold. At most 4.</summary>
    [Id(0)]
    public IReadOnlyList<RateLimit>? Rates { get; init; }

    /// <summary>Jobs of the queue that run at once, across silos.</summary>
    [Id(1)]
    public int? Concurrency { get; init; }

    /// <summary>Jobs of the queue that run at once on one silo.</summary>
    [Id(2)]
    public int? ConcurrencyPerSilo { get; init; }

    /// <summary>Where a job's key stands in its JSON input, such as <c>$.customer.id</c>, if the job names none. Jobs without a key share one.</summary>
    [Id(3)]
    public string? Key { get; init; }

    /// <summary>Starts of the jobs of each key. At most 4.</summary>
    [Id(4)]
    public IReadOnlyList<RateLimit>? KeyRates { get; init; }

    /// <summary>Jobs of each key that run at once.</summary>
    [Id(5)]
    public int? KeyConcurrency { get; init; }

    /// <summary>Jobs of a key run one after the other, as they were accepted: the next when the one before has ended.</summary>
    [Id(6)]
    public bool KeyOrder { get; init; }

    /// <summary>Keys take turns.</summary>
    [Id(7)]
    public bool Fair { get; init; }

    /// <summary>Jobs that a key gets in its turn, by key; 1 where nothing is said. 1 to 1,000.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, int>? Weights { get; init; }

    /// <summary>A job that has waited so long counts as one priority higher, and so on; null: strict priority.</summary>
    [Id(9)]
    public TimeSpan? Ageing { get; init; }

    /// <summary>Jobs of each key that run at once on one silo.</summary>
    [Id(10)]
    public int? KeyConcurrencyPerSilo { get; init; }
}

/// <summary>A bound on starts.</summary>
/// <param name="Starts">So many, 1 to 1,000,000.</param>
/// <param name="Per">In any window of this length, 1 s to 31 days; of a token bucket: the time in which it fills by <paramref name="Starts"/>.</param>
/// <param name="Burst">Makes it a token bucket that holds so many; null: a sliding window.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.rate-limit")]
public sealed record RateLimit([property: Id(0)] int Starts, [property: Id(1)] TimeSpan Per, [property: Id(2)] int? Burst = null);
