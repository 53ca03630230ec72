using Orleans.Concurrency;

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

    /// <summary>Stores some of the jobs of a request whose others belong to other shards: those that are not known yet, whole or not at all.</summary>
    /// <param name="jobs">None of them unique.</param>
    /// <param name="places">Where they stand in the request.</param>
    /// <param name="key">The request's idempotency key.</param>
    Task<JobsSubmitted> SubmitPartAsync([Immutable] JobSpec[] jobs, [Immutable] int[] places, JobKey key);

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

    /// <summary>How many jobs are in which open state, and what holds them back.</summary>
    Task<ShardDepth> DepthAsync();

    /// <summary>Completes when the job has ended, or at once if it is not open; sooner when the shard gets another owner.</summary>
    [ResponseTimeout("00:10:00")]
    Task WaitAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>Completes at the next change of an open job, or at once if it is not open; sooner when the shard gets another owner.</summary>
    [ResponseTimeout("00:10:00")]
    Task ChangeAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>
    /// What happens to the shard's jobs: completes as soon as something has happened behind a position; at once where that is not known any more. It is
    /// kept for a while, and in memory only.
    /// </summary>
    /// <param name="after">The position; 0: tells the one of now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [ResponseTimeout("00:10:00")]
    Task<TailPage> TailAsync(long after, CancellationToken cancellationToken);

    /// <summary>Hands ready jobs of a function to a pump, by priority then age; none when there are none. Never waits for jobs.</summary>
    /// <remarks>The caller does not give up by itself: what is handed to one who has gone would run nowhere. The shard bounds the time.</remarks>
    /// <param name="function">Its name.</param>
    /// <param name="max">At most so many.</param>
    /// <param name="pump">Who asks.</param>
    [ResponseTimeout("1.00:00:00")]
    Task<JobLease[]> LeaseAsync(string function, int max, PumpCall pump);

    /// <summary>Hands over a job that may have killed a silo, to be run alone; null when there is none of these functions.</summary>
    [ResponseTimeout("1.00:00:00")]
    Task<JobLease?> LeaseSuspectAsync([Immutable] IReadOnlyCollection<string> functions, PumpCall pump);

    /// <summary>A pump got no answer to a call: what was handed out to it by then, and is not among what it holds, is given to others.</summary>
    /// <param name="function">The function that it asked for; null: suspects.</param>
    /// <param name="last">Its call, and all before it, hand out nothing any more.</param>
    /// <param name="held">What it holds of the shard: an attempt that is another than the one handed out is none of it.</param>
    Task DisownAsync(string? function, PumpCall last, [Immutable] HeldAttempt[] held);

    /// <summary>A pump tells how attempts went. Repeats are harmless.</summary>
    Task CompleteAsync([Immutable] JobResult[] results);

    /// <summary>An attempt tells how far it is. A hint: what is lost, or of an attempt that is over, does no harm.</summary>
    [OneWay]
    Task ProgressAsync(JobId id, int attempt, JobProgress progress);

    /// <summary>Stores what the next attempt of a job can read; the last one wins.</summary>
    /// <param name="id">The job.</param>
    /// <param name="attempt">The attempt that saves it.</param>
    /// <param name="detail">JSON, at most <see cref="JobLimits.DetailBytesMax"/>.</param>
    /// <returns>False: the attempt is over, and nothing was stored.</returns>
    Task<bool> SaveDetailAsync(JobId id, int attempt, string detail);

    /// <summary>What was saved last; null: nothing.</summary>
    Task<string?> ReadDetailAsync(JobId id);

    /// <summary>
    /// Hands ready jobs to a worker outside of the cluster, by priority then age; none when there are none. Never waits for jobs. Their leases are
    /// stored before they are handed out: an attempt whose lease runs out fails as <c>lease-expired</c>.
    /// </summary>
    [ResponseTimeout("1.00:00:00")]
    Task<OutsideJob[]> LeaseOutsideAsync(OutsideAsk ask);

    /// <summary>
    /// Completes when one of these functions may have ready jobs for workers outside, or at once if one has; sooner when the shard gets another owner.
    /// </summary>
    [ResponseTimeout("00:10:00")]
    Task ReadyOutsideAsync([Immutable] IReadOnlyList<string> functions, CancellationToken cancellationToken);

    /// <summary>Renews leases of workers outside.</summary>
    /// <param name="held">The attempts.</param>
    /// <param name="lease">How long from now; a lease is never made shorter.</param>
    /// <returns>For each until when it stands now; null: it does not stand any more.</returns>
    Task<DateTimeOffset?[]> RenewOutsideAsync([Immutable] HeldAttempt[] held, TimeSpan lease);

    /// <summary>A worker outside tells how attempts went. Times and retry policy are the shard's to know.</summary>
    /// <returns>For each whether it was taken; not when its lease had run out, or the job or attempt had ended, also by the same call before.</returns>
    Task<bool[]> CompleteOutsideAsync([Immutable] JobResult[] results);

    /// <summary>Its queue's definition has changed; once answered, the shard goes by it.</summary>
    Task ReconfigureAsync();

    /// <summary>Ends what runs have asked others to wait for, and closes the circuit breaker; once answered, whoever owns the shard starts jobs again.</summary>
    Task EndBackOffAsync();

    /// <summary>
    /// Another generation of shards has its queue's new jobs; once answered, this one takes no new jobs any more, whoever owns it, and the keys of
    /// those that it took are stored. Fails when it could not make sure.
    /// </summary>
    Task RetireAsync();

    /// <summary>Ends a job whose place one of another shard has taken, if it has not ended and does not run.</summary>
    /// <returns>Whether it did.</returns>
    Task<bool> EndReplacedAsync(JobId id);

    /// <summary>Reads what was submitted inside other transactions.</summary>
    Task ReadInboxAsync();

    /// <summary>A shard of the same queue asks this one, which keeps the books of the limits that count for all of them.</summary>
    Task<StartsGrant> AskStartsAsync(StartsAsk ask);

    /// <summary>
    /// A new owner of the shard that keeps the books: once answered, starts that a former one has granted are not made any more. Waits until the open
    /// jobs are recovered.
    /// </summary>
    /// <param name="keeper">The key of that shard.</param>
    /// <param name="epoch">Of its owner.</param>
    /// <returns>How this shard stands.</returns>
    Task<StartsAsk> MeetKeeperAsync(string keeper, long epoch);

    /// <summary>There may be starts for those who ask. A hint: one that is lost is repeated.</summary>
    [OneWay]
    Task StartsFreedAsync();

    /// <summary>Makes sure that the shard is in memory and its open jobs run.</summary>
    Task WakeAsync();
}
