using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Events;

/// <summary>An event as it is sent.</summary>
/// <param name="Name">What it tells.</param>
/// <param name="Data">Its document.</param>
/// <param name="Position">Its id; null: it is of the moment, and not told again.</param>
internal sealed record SentEvent(string Name, object Data, EventPosition? Position);

/// <summary>What the rows of a job tell, as events.</summary>
internal static class JobEventLog
{
    /// <summary>Those behind a position, in their order.</summary>
    /// <param name="job">The job, read before its history: all that led to its end is in there.</param>
    /// <param name="queue">The queue that it is in.</param>
    /// <param name="rows">Its attempts.</param>
    /// <param name="after">What was told; null: nothing.</param>
    /// <param name="request">For links.</param>
    public static IEnumerable<SentEvent> After(JobView job, string queue, IReadOnlyList<JobAttemptRow> rows, EventPosition? after, HttpRequest request)
    {
        var (attempts, notes, hasEnded) = after ?? default;
        if (after is null)
            yield return new SentEvent("accepted", new AcceptedEvent(job.Id.ToString(), queue, job.Function, job.Priority, job.AcceptedAt, job.RedriveOf?.ToString()), default(EventPosition));
        while (attempts < rows.Count)
            yield return Of(rows[attempts], new EventPosition(++attempts, notes));

        if (job.HasEnded && !hasEnded)
            yield return new SentEvent("end", EndEvent.Of(job, request), new EventPosition(attempts, notes, HasEnded: true));
    }

    private static SentEvent Of(in JobAttemptRow row, EventPosition position) => row.Kind switch
    {
        AttemptKind.Started => new SentEvent("attempt-started", new AttemptEvent(row.Attempt, row.At, row.StartedAt ?? row.At, null, null, null), position),
        AttemptKind.Returned when row.RetryAt is not null => new SentEvent(
            "attempt-snoozed", new AttemptEvent(row.Attempt, row.At, row.StartedAt, row.RetryAt, row.Error, row.ErrorType), position),
        AttemptKind.Returned => new SentEvent("attempt-returned", new AttemptEvent(row.Attempt, row.At, row.StartedAt, null, row.Error, row.ErrorType), position),
        _ => new SentEvent("attempt-failed", new AttemptEvent(row.Attempt, row.At, row.StartedAt, row.RetryAt, row.Error, row.ErrorType), position),
    };
}

internal sealed record AcceptedEvent(string Id, string Queue, string Function, byte Priority, DateTimeOffset AcceptedAt, string? RedriveOf);

internal sealed record AttemptEvent(int Attempt, DateTimeOffset At, DateTimeOffset? StartedAt, DateTimeOffset? RetryAt, string? Error, string? ErrorType);

internal sealed record ProgressEvent(int Attempt, DateTimeOffset At, double Percent, string? Message);

internal sealed record StateEvent(JobState State, int Attempt, DateTimeOffset? StartedAt, DateTimeOffset? DueAt);

internal sealed record EndEvent(
    JobState State, int Attempt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Error, string? ErrorType, string? ResultContentType, string? Result)
{
    public static EndEvent Of(JobView job, HttpRequest request) => new(
        job.State, job.Attempt, job.StartedAt, job.EndedAt, job.Error, job.ErrorType, job.ResultContentType,
        job.State == JobState.Succeeded ? JobDocument.PathOf(job.Id, request) + "/result" : null);
}
