using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>A job as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Queue">The queue that it is in.</param>
/// <param name="Function">What it runs.</param>
/// <param name="State">scheduled, ready, running, retrying, succeeded, failed or cancelled.</param>
/// <param name="Priority">1 (first) to 5.</param>
/// <param name="AcceptedAt">RFC 3339.</param>
/// <param name="DueAt">When it may start, or start again; null: at once.</param>
/// <param name="ExpiresAt">When it ends as cancelled, should it not have started; null: never.</param>
/// <param name="Attempt">The current or last attempt; 0 until one has started.</param>
/// <param name="StartedAt">When that attempt started.</param>
/// <param name="EndedAt">When the job ended; null until then.</param>
/// <param name="Error">Why it, or its last attempt, failed.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Tags">To find it by.</param>
/// <param name="Key">What limits per key, order and fairness of its queue go by.</param>
/// <param name="RedriveOf">The ended job that this one runs again.</param>
/// <param name="ResultContentType">Media type of the result.</param>
/// <param name="Result">Where the result is; null until there is one.</param>
/// <param name="Events">Where to follow it.</param>
/// <param name="Log">Where the lines are that its attempts have logged.</param>
/// <param name="Progress">How far the current attempt says it is; null when it does not.</param>
internal sealed record JobDocument(
    string Id,
    string Queue,
    string Function,
    JobState State,
    byte Priority,
    DateTimeOffset AcceptedAt,
    DateTimeOffset? DueAt,
    DateTimeOffset? ExpiresAt,
    int Attempt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string? ErrorType,
    IReadOnlyList<string> Tags,
    string? Key,
    string? RedriveOf,
    string? ResultContentType,
    string? Result,
    string Events,
    string Log,
    ProgressDocument? Progress)
{
    public static string PathOf(JobId id, HttpRequest request) => $"{request.PathBase}/v1/jobs/{id}";

    public static JobDocument From(JobView job, string queue, HttpRequest request)
    {
        var path = PathOf(job.Id, request);
        return new JobDocument(
            job.Id.ToString(), queue, job.Function, job.State, job.Priority, job.AcceptedAt, job.DueAt, job.ExpiresAt, job.Attempt, job.StartedAt,
            job.EndedAt, job.Error, job.ErrorType, job.Tags ?? [], job.Key, job.RedriveOf?.ToString(), job.ResultContentType,
            job.State == JobState.Succeeded ? path + "/result" : null, path + "/events", path + "/log",
            job.Progress is { } progress ? new ProgressDocument(progress.Percent, progress.Message, progress.At) : null);
    }
}

/// <summary>How far a run says it is.</summary>
/// <param name="Percent">0 to 100.</param>
/// <param name="Message">What it is at.</param>
/// <param name="At">When it said so.</param>
internal sealed record ProgressDocument(double Percent, string? Message, DateTimeOffset At);
