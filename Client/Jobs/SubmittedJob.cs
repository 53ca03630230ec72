using System.Text.Json.Serialization;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>What became of a submitted job.</summary>
/// <param name="Id">The job: the new one, or the one that was known; empty when the queue was full.</param>
/// <param name="Outcome">Which of these.</param>
public sealed record SubmittedJob(string Id, SubmissionOutcome Outcome)
{
    /// <summary>The job: the new one, or the one that was known; empty when the queue was full.</summary>
    public string Id { get; init; } = Id ?? "";
}

/// <summary>What became of a submitted job.</summary>
[JsonConverter(typeof(NamesConverter<SubmissionOutcome>))]
public enum SubmissionOutcome
{
    /// <summary>Something that this version of the client does not know.</summary>
    Unknown,

    /// <summary>It is stored.</summary>
    Accepted,

    /// <summary>The idempotency key was known: it had been stored before.</summary>
    Repeat,

    /// <summary>It is unique, and another like it is known.</summary>
    Duplicate,

    /// <summary>Not stored, because the queue is full; only of unique jobs submitted together.</summary>
    QueueFull,
}
