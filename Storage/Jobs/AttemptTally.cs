using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>What the attempt rows of one job come to.</summary>
/// <param name="Attempt">Highest number; 0 without rows.</param>
/// <param name="Failures">Attempts that failed.</param>
/// <param name="Crashes">Attempts with a started mark and nothing after it.</param>
/// <param name="StartedAt">When the attempt with the highest number started.</param>
/// <param name="LastFailure">The failed one with the highest number.</param>
/// <param name="SnoozedUntil">When the next may start; null when no attempt was snoozed since the last failure.</param>
internal readonly record struct AttemptTally(
    int Attempt, int Failures, int Crashes, DateTimeOffset? StartedAt, JobAttemptRow? LastFailure, DateTimeOffset? SnoozedUntil)
{
    /// <summary>The tally with one more row; rows come by attempt, then kind.</summary>
    public AttemptTally With(in JobAttemptRow row, AttemptKind? before)
    {
        var isFirstOfAttempt = row.Attempt != Attempt;
        return new AttemptTally(
            row.Attempt,
            Failures + (row.Kind == AttemptKind.Failed ? 1 : 0),
            Crashes + (row.Kind == AttemptKind.Started ? 1 : before == AttemptKind.Started && !isFirstOfAttempt ? -1 : 0),
            row.StartedAt ?? (row.Kind == AttemptKind.Started ? row.At : isFirstOfAttempt ? null : StartedAt),
            row.Kind == AttemptKind.Failed ? row : LastFailure,
            row.Kind switch
            {
                AttemptKind.Failed => null,
                AttemptKind.Returned => row.RetryAt ?? SnoozedUntil,
                _ => SnoozedUntil,
            });
    }

    public static AttemptTally Of(IEnumerable<JobAttemptRow> ordered)
    {
        var tally = default(AttemptTally);
        AttemptKind? before = null;
        foreach (var row in ordered)
        {
            tally = tally.With(row, before);
            before = row.Kind;
        }

        return tally;
    }

    /// <summary>Not to start before: the job's own time, or after a failure or a snooze that of the next attempt.</summary>
    public DateTimeOffset? DueAt(DateTimeOffset? ofJob) => SnoozedUntil ?? (LastFailure is { } failure ? failure.RetryAt : ofJob);

    public OpenJob Open(JobId id, string function, byte priority, DateTimeOffset? dueAt, DateTimeOffset? expiresAt, (string? Key, bool IsAlone) key) =>
        new(id, function, priority, DueAt(dueAt), expiresAt, Attempt, Failures, Crashes, SnoozedUntil is not null, key.Key, key.IsAlone);

    /// <summary>The job as its rows tell.</summary>
    public JobView View(JobId id, string function, JobOptions options, JobEnd? end, DateTimeOffset now) => end is { } known
        ? new JobView(id, function, known.State)
        {
            Priority = options.Priority,
            DueAt = options.DueAt,
            ExpiresAt = options.ExpiresAt,
            Attempt = known.Attempt,
            StartedAt = known.StartedAt,
            EndedAt = known.EndedAt,
            Error = known.Error,
            ErrorType = known.ErrorType,
            ResultContentType = known.ContentType,
            Tags = options.Tags,
            RedriveOf = options.RedriveOf,
            Key = options.Key,
        }
        : new JobView(id, function, OpenState(options.DueAt, now))
        {
            Priority = options.Priority,
            DueAt = DueAt(options.DueAt),
            ExpiresAt = options.ExpiresAt,
            Attempt = Attempt,
            StartedAt = StartedAt,
            Error = LastFailure?.Error,
            ErrorType = LastFailure?.ErrorType,
            Tags = options.Tags,
            RedriveOf = options.RedriveOf,
            Key = options.Key,
        };

    private JobState OpenState(DateTimeOffset? dueAt, DateTimeOffset now) =>
        DueAt(dueAt) is not { } due || due <= now ? JobState.Ready : Failures > 0 && SnoozedUntil is null ? JobState.Retrying : JobState.Scheduled;
}
