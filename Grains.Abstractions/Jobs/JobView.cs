namespace Hearth.Jobs;

/// <summary>A job as shown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Function">The function that it runs.</param>
/// <param name="State">Where it stands.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobView(
    [property: Id(0)] JobId Id,
    [property: Id(1)] string Function,
    [property: Id(2)] JobState State)
{
    /// <summary>When it was stored.</summary>
    public DateTimeOffset AcceptedAt => Id.At;

    /// <summary>1 (first) to 5.</summary>
    [Id(3)]
    public byte Priority { get; init; } = 3;

    /// <summary>When it may start (next); null: at once.</summary>
    [Id(4)]
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it ends as cancelled, should it not have started.</summary>
    [Id(5)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The current or last attempt; 0 when none has started.</summary>
    [Id(6)]
    public int Attempt { get; init; }

    /// <summary>When that attempt started.</summary>
    [Id(7)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(8)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it, or its last attempt, failed.</summary>
    [Id(9)]
    public string? Error { get; init; }

    /// <summary>Short name of the error.</summary>
    [Id(10)]
    public string? ErrorType { get; init; }

    /// <summary>Media type of the result.</summary>
    [Id(11)]
    public string? ResultContentType { get; init; }

    [Id(12)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The ended job that this one runs again.</summary>
    [Id(13)]
    public JobId? RedriveOf { get; init; }

    /// <summary>How far the current attempt says it is; null when it does not.</summary>
    [Id(14)]
    public JobProgress? Progress { get; init; }

    /// <summary>What limits per key, order and fairness of its queue go by; null: it has none.</summary>
    [Id(15)]
    public string? Key { get; init; }

    public bool HasEnded => State.HasEnded();
}
