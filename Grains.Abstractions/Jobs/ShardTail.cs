namespace Hearth.Jobs;

/// <summary>What happened to a job of a shard.</summary>
public enum TailKind
{
    Accepted,
    AttemptFailed,
    AttemptSnoozed,
    AttemptReturned,
    Ended,
}

/// <summary>Something that happened to a job, after it was committed.</summary>
/// <param name="Kind">What.</param>
/// <param name="Job">The job.</param>
/// <param name="Function">What it runs; null where the shard did not have it in memory.</param>
/// <param name="At">When.</param>
/// <param name="Attempt">The attempt that it is about; 0: none.</param>
/// <param name="StartedAt">When that started.</param>
/// <param name="RetryAt">When the next may start.</param>
/// <param name="State">Of an end: which.</param>
/// <param name="Error">Why; its beginning.</param>
/// <param name="ErrorType">Short name of the error.</param>
[GenerateSerializer]
[Immutable]
public sealed record TailEvent(
    [property: Id(0)] TailKind Kind, [property: Id(1)] JobId Job, [property: Id(2)] string? Function, [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] int Attempt = 0, [property: Id(5)] DateTimeOffset? StartedAt = null, [property: Id(6)] DateTimeOffset? RetryAt = null,
    [property: Id(7)] JobState? State = null, [property: Id(8)] string? Error = null, [property: Id(9)] string? ErrorType = null);

/// <summary>What a follower of a shard is told at once.</summary>
/// <param name="Position">Where to go on.</param>
/// <param name="IsGap">What happened between the position that was asked for and these events is not known any more.</param>
/// <param name="Events">In their order.</param>
[GenerateSerializer]
[Immutable]
public sealed record TailPage([property: Id(0)] long Position, [property: Id(1)] bool IsGap, [property: Id(2)] TailEvent[] Events);
