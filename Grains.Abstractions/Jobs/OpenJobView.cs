namespace Hearth.Jobs;

/// <summary>What a shard knows of an open job.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">Scheduled, Ready, Running or Retrying.</param>
/// <param name="Attempt">The current or last attempt; 0 when none has started.</param>
/// <param name="StartedAt">When the current attempt started; null when none runs.</param>
/// <param name="Progress">How far the current attempt says it is; null when it does not.</param>
/// <param name="Silo">The id of the silo that runs it; null when none does.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct OpenJobView(
    [property: Id(0)] JobId Id, [property: Id(1)] JobState State, [property: Id(2)] int Attempt, [property: Id(3)] DateTimeOffset? StartedAt,
    [property: Id(4)] JobProgress? Progress = null, [property: Id(5)] string? Silo = null);

/// <summary>How far a run says it is; never stored.</summary>
/// <param name="Percent">0 to 100.</param>
/// <param name="Message">What it is at; at most <see cref="JobLimits.ProgressLengthMax"/> characters.</param>
/// <param name="At">When the shard heard of it.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobProgress([property: Id(0)] double Percent, [property: Id(1)] string? Message, [property: Id(2)] DateTimeOffset At);

/// <summary>Which open jobs to list.</summary>
/// <param name="State">One open state; null: any.</param>
/// <param name="Function">One function; null: any. Scheduled jobs are listed for any function: the shard does not keep theirs in memory.</param>
/// <param name="Below">Only ids below.</param>
/// <param name="Limit">1 to 1,000.</param>
[GenerateSerializer]
[Immutable]
public sealed record OpenJobFilter(
    [property: Id(0)] JobState? State = null, [property: Id(1)] string? Function = null, [property: Id(2)] JobId? Below = null,
    [property: Id(3)] int Limit = 50);

/// <summary>How many jobs of a shard are in which open state.</summary>
/// <param name="Scheduled">Jobs that are not to start before their time.</param>
/// <param name="Ready">Jobs that wait to run.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Retrying">Jobs that wait for their next attempt.</param>
/// <param name="Holds">What holds them back besides limits; null: nothing does, and the queue has no circuit breaker.</param>
/// <param name="IsRecovering">The shard has just begun, and does not know of all its jobs yet.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct ShardDepth(
    [property: Id(0)] int Scheduled, [property: Id(1)] int Ready, [property: Id(2)] int Running, [property: Id(3)] int Retrying,
    [property: Id(4)] ShardHolds? Holds = null, [property: Id(5)] bool IsRecovering = false)
{
    public int Open => Scheduled + Ready + Running + Retrying;
}

/// <summary>What became of an action on a job.</summary>
/// <param name="Result">What happened.</param>
/// <param name="Id">The job: the new one of a re-drive, else the one acted on.</param>
/// <param name="IsRepeat">Re-drive: the idempotency key was known, and the job is the one that has it.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct ActOutcome([property: Id(0)] ActResult Result, [property: Id(1)] JobId Id, [property: Id(2)] bool IsRepeat = false);

public enum ActResult
{
    Done,

    /// <summary>There is no such job.</summary>
    Unknown,

    /// <summary>Cancel: it had ended before.</summary>
    HadEnded,

    /// <summary>Re-drive: it has not ended.</summary>
    IsOpen,

    /// <summary>Re-drive: it has succeeded.</summary>
    HadSucceeded,

    /// <summary>Re-drive: the queue is full.</summary>
    QueueFull,

    /// <summary>Re-drive: the idempotency key was used for something else.</summary>
    KeyReused,

    /// <summary>Re-drive: the first request with this key has not been stored yet.</summary>
    KeyInProgress,
}
