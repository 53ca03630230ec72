namespace Hearth.Jobs;

/// <summary>
/// Owns the jobs of one shard: the single writer of their rows. Key: <see cref="ShardKey"/>. What it answers is committed.
/// </summary>
/// <remarks>
/// Everything that writes fails with <c>StoreUnavailableException</c> when the store does not take it, or when the shard has lost its
/// ownership; then another try reaches the owner of then.
/// </remarks>
[Alias("hearth.shard")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Stores a job.</summary>
    /// <param name="job">What to run.</param>
    /// <param name="key">Its idempotency key, if it has one.</param>
    Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key = null);

    /// <summary>Stores the jobs of one request, whole or not at all; those that are unique one by one.</summary>
    /// <param name="jobs">1 to <see cref="JobLimits.RequestJobsMax"/>.</param>
    /// <param name="key">The request's idempotency key, if it has one; not together with unique jobs.</param>
    Task<JobsSubmitted> SubmitManyAsync([Immutable] JobSpec[] jobs, JobKey? key = null);

    /// <summary>A new job like an ended one that did not succeed, pointing to it.</summary>
    /// <param name="id">The ended job.</param>
    /// <param name="key">The request's idempotency key, if it has one.</param>
    Task<ActOutcome> RedriveAsync(JobId id, JobKey? key = null);

    /// <summary>Ends a job as cancelled; one that runs is told to stop. Once answered, no attempt starts any more.</summary>
    Task<ActOutcome> CancelAsync(JobId id);

    /// <summary>What the shard knows of its open jobs beyond their rows; jobs that it does not have in memory are left out.</summary>
    Task<OpenJobView[]> OpenAsync([Immutable] JobId[] ids);

    /// <summary>Open jobs, newest first.</summary>
    Task<OpenJobView[]> ListOpenAsync(OpenJobFilter filter);

    /// <summary>How many jobs are in which open state.</summary>
    Task<ShardDepth> DepthAsync();

    /// <summary>Completes when the job has ended, or at once if it is not open; sooner when the shard gets another owner.</summary>
    [ResponseTimeout("00:10:00")]
    Task WaitAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>Completes at the next change of an open job, or at once if it is not open; sooner when the shard gets another owner.</summary>
    [ResponseTimeout("00:10:00")]
    Task ChangeAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>Hands ready jobs of a function to a pump, by priority then age; none when there are none. Never waits for jobs.</summary>
    /// <remarks>The caller does not give up by itself: what is handed to one who has gone would run nowhere. The shard bounds the time.</remarks>
    /// <param name="function">Its name.</param>
    /// <param name="max">At most so many.</param>
    [ResponseTimeout("1.00:00:00")]
    Task<JobLease[]> LeaseAsync(string function, int max);

    /// <summary>Hands over a job that may have killed a silo, to be run alone; null when there is none of these functions.</summary>
    [ResponseTimeout("1.00:00:00")]
    Task<JobLease?> LeaseSuspectAsync([Immutable] IReadOnlyCollection<string> functions);

    /// <summary>A pump tells how attempts went. Repeats are harmless.</summary>
    Task CompleteAsync([Immutable] JobResult[] results);

    /// <summary>Reads what was submitted inside other transactions.</summary>
    Task ReadInboxAsync();

    /// <summary>Makes sure that the shard is in memory and its open jobs run.</summary>
    Task WakeAsync();
}
