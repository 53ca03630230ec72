namespace Hearth.Jobs;

/// <summary>The life of a job, as one table; docs/reference/jobs.md draws it.</summary>
internal static class JobTransitions
{
    /// <summary>Where a job goes.</summary>
    /// <returns>Null when this cannot happen to a job in that state: the event is late or repeated, and changes nothing.</returns>
    public static JobState? Next(JobState state, JobEvent happened) => (state, happened) switch
    {
        (JobState.Scheduled, JobEvent.Due) => JobState.Ready,
        (JobState.Scheduled, JobEvent.Cancelled) => JobState.Cancelled,
        (JobState.Scheduled, JobEvent.Expired) => JobState.Cancelled,

        (JobState.Ready, JobEvent.Leased) => JobState.Running,
        (JobState.Ready, JobEvent.Crashed) => JobState.Failed,
        (JobState.Ready, JobEvent.Cancelled) => JobState.Cancelled,
        (JobState.Ready, JobEvent.Expired) => JobState.Cancelled,

        (JobState.Running, JobEvent.Returned) => JobState.Ready,
        (JobState.Running, JobEvent.Snoozed) => JobState.Scheduled,
        (JobState.Running, JobEvent.Discarded) => JobState.Cancelled,
        (JobState.Running, JobEvent.Succeeded) => JobState.Succeeded,
        (JobState.Running, JobEvent.FailedForNow) => JobState.Retrying,
        (JobState.Running, JobEvent.FailedForGood) => JobState.Failed,
        (JobState.Running, JobEvent.Cancelled) => JobState.Cancelled,

        (JobState.Retrying, JobEvent.Due) => JobState.Ready,
        (JobState.Retrying, JobEvent.Crashed) => JobState.Failed,
        (JobState.Retrying, JobEvent.Cancelled) => JobState.Cancelled,

        _ => null,
    };
}
