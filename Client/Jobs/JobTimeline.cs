using System.Text.Json.Serialization;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>A job's life.</summary>
/// <param name="Id">The job.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Function">What it runs.</param>
/// <param name="State">Where it stands.</param>
/// <param name="AcceptedAt">When it was stored.</param>
/// <param name="EndedAt">When it ended; null until then.</param>
/// <param name="Seconds">From then to its end, or so far.</param>
/// <param name="WaitSeconds">Of these it has waited.</param>
/// <param name="RunSeconds">Of these it has run.</param>
/// <param name="Omitted">Steps before these that are not told.</param>
/// <param name="Steps">Attempts, and the waits before them, in their order; at most 1,000.</param>
public sealed record JobTimeline(
    string Id, string Queue, string Function, JobState State, DateTimeOffset AcceptedAt, DateTimeOffset? EndedAt, double Seconds, double WaitSeconds,
    double RunSeconds, int Omitted, IReadOnlyList<JobStep> Steps);

/// <summary>A stretch of a job's life: an attempt, or the wait before one.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Attempt">Of an attempt: its number.</param>
/// <param name="From">When it began; null: nobody knows, its silo died with it.</param>
/// <param name="To">When it was over; null: it goes on, or nobody knows.</param>
/// <param name="Seconds">How long it took, or has taken so far.</param>
/// <param name="DueAt">Of a wait: until when the job was not to start.</param>
/// <param name="End">Of an attempt: how it ended.</param>
/// <param name="Error">Why it failed, was snoozed or cancelled.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Silo">The silo that runs it; not kept of attempts that are over.</param>
/// <param name="Worker">The worker outside that has, or had, its lease; of the last attempt.</param>
public sealed record JobStep(
    JobStepKind Kind, int? Attempt, DateTimeOffset? From, DateTimeOffset? To, double? Seconds, DateTimeOffset? DueAt, JobStepEnd? End, string? Error,
    string? ErrorType, string? Silo, string? Worker);

/// <summary>What a job does in a step.</summary>
[JsonConverter(typeof(NamesConverter<JobStepKind>))]
public enum JobStepKind
{
    /// <summary>Something that this version of the client does not know.</summary>
    Unknown,

    /// <summary>Waits for its time, and then for a slot.</summary>
    Scheduled,

    /// <summary>Waits for a slot.</summary>
    Queued,

    /// <summary>Waits after an attempt that failed.</summary>
    Retrying,

    /// <summary>Waits after an attempt that asked for it.</summary>
    Snoozing,

    /// <summary>Waits after it was handed back, or its silo died.</summary>
    Returned,

    /// <summary>Runs.</summary>
    Attempt,
}

/// <summary>How an attempt ended.</summary>
[JsonConverter(typeof(NamesConverter<JobStepEnd>))]
public enum JobStepEnd
{
    /// <summary>Something that this version of the client does not know.</summary>
    Unknown,

    /// <summary>It has not.</summary>
    Running,

    /// <summary>With a result.</summary>
    Succeeded,

    /// <summary>With an error.</summary>
    Failed,

    /// <summary>It was cancelled, or discarded the job.</summary>
    Cancelled,

    /// <summary>It asked to run again later.</summary>
    Snoozed,

    /// <summary>It was handed back.</summary>
    Returned,

    /// <summary>Its silo died with it.</summary>
    Lost,
}
