using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>What an attempt came to, or why a job waited.</summary>
internal enum StepKind
{
    /// <summary>Waited for its time, and then for a slot.</summary>
    Scheduled,

    /// <summary>Waited for a slot.</summary>
    Queued,

    /// <summary>Waited after an attempt that failed.</summary>
    Retrying,

    /// <summary>Waited after an attempt that asked for it.</summary>
    Snoozing,

    /// <summary>Waited after it was handed back, or its silo died.</summary>
    Returned,

    /// <summary>An attempt that succeeded, failed...</summary>
    Attempt,
}

/// <summary>How an attempt ended.</summary>
internal enum AttemptEnd
{
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Snoozed,
    Returned,

    /// <summary>Its silo died with it.</summary>
    Lost,
}

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
internal sealed record TimelineStep(
    StepKind Kind, int? Attempt, DateTimeOffset? From, DateTimeOffset? To, double? Seconds, DateTimeOffset? DueAt = null, AttemptEnd? End = null,
    string? Error = null, string? ErrorType = null, string? Silo = null, string? Worker = null);

/// <summary>Puts a job's life together from its rows: (1) its attempts in order, (2) the waits between them, (3) what it does now.</summary>
internal sealed class TimelineSteps(JobView job, IReadOnlyList<JobAttemptRow> rows, JobLeaseRow? lease, string? silo, DateTimeOffset now)
{
    private readonly List<TimelineStep> steps = [];
    private DateTimeOffset? since = job.AcceptedAt;
    private DateTimeOffset? dueAt = rows.Any(row => row.RetryAt is not null) ? null : job.DueAt;
    private StepKind waits = job.DueAt is not null && !rows.Any(row => row.RetryAt is not null) ? StepKind.Scheduled : StepKind.Queued;

    public IReadOnlyList<TimelineStep> Read()
    {
        var last = 0;
        foreach (var attempt in rows.GroupBy(row => row.Attempt).OrderBy(group => group.Key))
        {
            AddLost(last, attempt.Key);
            Add(attempt.Key, [.. attempt]);
            last = attempt.Key;
        }

        if (job.Attempt > last && (job.State == JobState.Running || job.StartedAt is not null))
        {
            AddLost(last, job.Attempt);
            AddCurrent();
        }

        if (job.State != JobState.Running && since < (job.EndedAt ?? now) && !EndsWithAttempt())
            AddWait(job.EndedAt);
        return steps;
    }

    private bool EndsWithAttempt() => job.HasEnded && steps is [.., { Kind: StepKind.Attempt, End: AttemptEnd.Succeeded or AttemptEnd.Failed or AttemptEnd.Cancelled } end] && end.To == job.EndedAt;

    /// <summary>Attempts of which no row was stored: where nothing fails, none is before an attempt's end.</summary>
    private void AddLost(int last, int next)
    {
        for (var number = last + 1; number < next; number++)
            steps.Add(new TimelineStep(StepKind.Attempt, number, null, null, null, End: AttemptEnd.Lost, Worker: WorkerOf(number)));
    }

    private void Add(int number, JobAttemptRow[] of)
    {
        var over = of.FirstOrDefault(row => row.Kind != AttemptKind.Started);
        if (over.Id == default)
        {
            if (number == job.Attempt && (job.State == JobState.Running || job.HasEnded && job.StartedAt is not null))
            {
                AddCurrent();
                return;
            }

            AddWait(of[0].At);
            steps.Add(new TimelineStep(StepKind.Attempt, number, of[0].At, null, null, End: AttemptEnd.Lost, Worker: WorkerOf(number)));
            (since, dueAt, waits) = (null, null, StepKind.Returned);
            return;
        }

        var end = over.Kind == AttemptKind.Failed ? AttemptEnd.Failed : over.RetryAt is null ? AttemptEnd.Returned : AttemptEnd.Snoozed;
        AddWait(over.StartedAt);
        steps.Add(new TimelineStep(
            StepKind.Attempt, number, over.StartedAt, over.At, Seconds(over.StartedAt, over.At), null, end, over.Error, over.ErrorType, Worker: WorkerOf(number)));
        (since, dueAt, waits) = (over.At, over.RetryAt, end switch
        {
            AttemptEnd.Failed => StepKind.Retrying,
            AttemptEnd.Snoozed => StepKind.Snoozing,
            _ => StepKind.Returned,
        });
    }

    /// <summary>The attempt that runs, or ended the job.</summary>
    private void AddCurrent()
    {
        AddWait(job.StartedAt);
        var end = job.State switch
        {
            JobState.Succeeded => AttemptEnd.Succeeded,
            JobState.Failed => AttemptEnd.Failed,
            JobState.Cancelled => AttemptEnd.Cancelled,
            _ => AttemptEnd.Running,
        };
        var isRunning = end == AttemptEnd.Running;
        steps.Add(new TimelineStep(
            StepKind.Attempt, job.Attempt, job.StartedAt, job.EndedAt, Seconds(job.StartedAt, job.EndedAt ?? now), null, end, isRunning ? null : job.Error,
            isRunning ? null : job.ErrorType, isRunning ? silo : null, WorkerOf(job.Attempt)));
        since = job.EndedAt ?? now;
    }

    private void AddWait(DateTimeOffset? until)
    {
        // Rows are on one clock, and what starts at once has not waited.
        if (since is not { } from || until <= from)
            return;
        steps.Add(new TimelineStep(waits, null, from, until, Seconds(from, until ?? now), dueAt));
    }

    private string? WorkerOf(int attempt) => lease is { } known && known.Attempt == attempt ? known.Worker : null;

    private static double? Seconds(DateTimeOffset? from, DateTimeOffset? to) => to - from is { } time ? Math.Max(0, time.TotalSeconds) : null;
}
