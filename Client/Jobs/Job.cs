using System.Text.Json.Serialization;

namespace Hearth.Client;

/// <summary>A job as it stands.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Queue">The queue that it is in.</param>
/// <param name="Function">What it runs.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Priority">1 (first) to 5.</param>
/// <param name="AcceptedAt">When it was stored.</param>
/// <param name="DueAt">While scheduled or retrying: when it may start (again).</param>
/// <param name="ExpiresAt">When it ends as cancelled, should it not have started; null: never.</param>
/// <param name="Attempt">The current or last attempt; 0 until one has started.</param>
/// <param name="StartedAt">When that attempt started.</param>
/// <param name="EndedAt">When the job ended; null until then.</param>
/// <param name="Error">Why it, or its last attempt, failed.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Tags">To find it by.</param>
/// <param name="RedriveOf">The ended job that this one runs again.</param>
/// <param name="ResultContentType">Media type of the result, once there is one.</param>
public sealed record Job(
    string Id,
    string Queue,
    string Function,
    JobState State,
    int Priority,
    DateTimeOffset AcceptedAt,
    DateTimeOffset? DueAt = null,
    DateTimeOffset? ExpiresAt = null,
    int Attempt = 0,
    DateTimeOffset? StartedAt = null,
    DateTimeOffset? EndedAt = null,
    string? Error = null,
    string? ErrorType = null,
    IReadOnlyList<string>? Tags = null,
    string? RedriveOf = null,
    string? ResultContentType = null)
{
    /// <summary>What limits per key, order and fairness of its queue go by; null: it has none.</summary>
    public string? Key { get; init; }

    /// <summary>Whether it has ended, however.</summary>
    [JsonIgnore]
    public bool HasEnded => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
