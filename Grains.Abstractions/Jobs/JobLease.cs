using Hearth.Functions;

namespace Hearth.Jobs;

/// <summary>A job handed to a pump, for one attempt.</summary>
/// <param name="Id">The job.</param>
/// <param name="Attempt">1 and up; no two attempts of a job have the same.</param>
/// <param name="Epoch">The shard's fencing number.</param>
/// <param name="Spec">What to run.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct JobLease(
    [property: Id(0)] JobId Id, [property: Id(1)] int Attempt, [property: Id(2)] long Epoch, [property: Id(3)] JobSpec Spec);

/// <summary>How an attempt went.</summary>
public enum AttemptOutcome
{
    Succeeded,

    /// <summary>Failed; tried again if its policy has tries left.</summary>
    Failed,

    /// <summary>Failed in a way that another try would not change.</summary>
    FailedForGood,

    /// <summary>Handed back unharmed: costs no attempt.</summary>
    Returned,

    /// <summary>Not now: again after a time (<see cref="AttemptExtras.Wait"/>); costs no attempt.</summary>
    Snoozed,

    /// <summary>The job is of no use any more: it ends as cancelled.</summary>
    Discarded,
}

/// <summary>What those attempts bring with their end that do not simply succeed.</summary>
/// <param name="Wait">How long until the next: of one that was snoozed, or failed and knows better than its policy.</param>
/// <param name="Log">What it has logged, as it is stored.</param>
/// <param name="Retry">The policy that counts: the job's own, else the function's; for failures.</param>
/// <param name="BackOff">Who waits with it.</param>
[GenerateSerializer]
[Immutable]
public sealed record AttemptExtras(
    [property: Id(0)] TimeSpan? Wait = null, [property: Id(1)] string? Log = null, [property: Id(2)] RetryPolicy? Retry = null,
    [property: Id(3)] BackOff BackOff = BackOff.Job)
{
    public static AttemptExtras None { get; } = new();
}

/// <summary>What a pump tells of an attempt.</summary>
/// <param name="Id">The job.</param>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="StartedAt">When it started, on the store's clock.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Result">The result; empty when it did not succeed.</param>
/// <param name="ContentType">Media type of <paramref name="Result"/>; null when there is none.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Extras">What else it brings; null for most.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct JobResult(
    [property: Id(0)] JobId Id,
    [property: Id(1)] int Attempt,
    [property: Id(2)] AttemptOutcome Outcome,
    [property: Id(3)] DateTimeOffset StartedAt,
    [property: Id(4)] DateTimeOffset EndedAt,
    [property: Id(5)] ReadOnlyMemory<byte> Result = default,
    [property: Id(6)] string? ContentType = null,
    [property: Id(7)] string? Error = null,
    [property: Id(8)] string? ErrorType = null,
    [property: Id(10)] AttemptExtras? Extras = null)
{
    /// <summary>The policy that counts.</summary>
    public RetryPolicy Retry => Extras?.Retry ?? RetryPolicy.Default;
}
