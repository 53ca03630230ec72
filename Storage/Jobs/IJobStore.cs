using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>
/// Jobs, insert only: one row when accepted, one when ended, rows in between for attempts that did not end it. A shard's rows are
/// written by its owner alone; the epoch fences off former owners. Everything is committed when its task completes.
/// </summary>
/// <remarks>
/// A task that fails with <see cref="StoreUnavailableException"/> has changed nothing for certain, except that one which fails with
/// <see cref="OutcomeUnknownException"/> may have. Times are kept to the microsecond; what is finer is cut off.
/// </remarks>
public interface IJobStore
{
    /// <summary>Now, on the store's clock, which alone decides what is stored. Never asks the store.</summary>
    DateTimeOffset Now { get; }

    /// <summary>
    /// Takes a shard over: makes it where it is not there, raises its epoch, and cuts off the former owner's sessions when they stand in
    /// the way for more than 250 ms (never in a planned move).
    /// </summary>
    /// <param name="shard">Its key, <c>{pool}/{queue}/{n}</c>.</param>
    /// <param name="owner">Name of the new owner: this silo's, unique to this start.</param>
    /// <param name="isPlanned">Whether the former owner hands it over.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken);

    /// <summary>Notes that the owner ended without leaving anything running, so that the next need not suspect its jobs.</summary>
    Task<WriteOutcome> ReleaseAsync(int shard, long epoch);

    /// <summary>All shards.</summary>
    Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken);

    /// <summary>The key of a shard, or null; remembered, as it never changes.</summary>
    ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken);

    /// <summary>The number of a shard, or null when nobody has claimed it yet; remembered.</summary>
    ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Writes rows of one shard, whole or not at all, provided that the epoch is still the shard's. Writes of a shard are committed in the
    /// order of the calls; many writes share a commit. Where the outcome is unknown (the connection died in COMMIT) the rows are sent
    /// again until it is known, and all later writes of the shard wait.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    /// <exception cref="OutcomeUnknownException">It could not be found out: the shard's owner has to start anew.</exception>
    Task<WriteOutcome> WriteAsync(ShardWrite write);

    /// <summary>Writes a checkpoint and forgets those before it.</summary>
    Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>
    /// The jobs of a claimed shard that have not ended, in chunks, each job once: those of the last complete checkpoint and those after it,
    /// as far as former owners have stored them (<see cref="ShardClaim.LastId"/>). Work in proportion to what is open. Oldest first, but for
    /// those of the inbox.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(ShardClaim claim, CancellationToken cancellationToken);

    /// <summary>Rows by id, in any order; those not found are left out.</summary>
    /// <exception cref="CorruptRowException">One has a wrong checksum.</exception>
    Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken);

    /// <summary>
    /// The newest lease row (<see cref="JobLeaseRow"/>: by attempt, then number) of each of these jobs that has one, in any order. Little work where
    /// no worker outside has leased anything.
    /// </summary>
    Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken);

    /// <summary>The permits of a shard that still matter, in any order.</summary>
    Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken);

    /// <summary>For each hash the newest key row of a job accepted at or after <paramref name="since"/>, if there is one.</summary>
    Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>The job as its rows tell, or null. One that has not ended is shown as ready, retrying or scheduled.</summary>
    Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>The stored end with its result, or null.</summary>
    /// <exception cref="CorruptRowException">It has a wrong checksum.</exception>
    Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>Attempts of a job, by number, then kind: the order in which they were written.</summary>
    Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>One note of a job, or null.</summary>
    Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken);

    /// <summary>Attempts of a job as <see cref="AttemptsAsync"/> has them, and its notes by their number.</summary>
    Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>
    /// Jobs that match, as <see cref="FindAsync"/> shows them, newest first, read backwards by (shard, id). Stops after <see cref="JobFilter.Limit"/> matches, 50,000 rows or 200 ms;
    /// <see cref="JobPage.Next"/> tells where to go on.
    /// </summary>
    Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Submissions made inside other transactions that have committed since <paramref name="position"/> (0 at first) and whose jobs have not
    /// ended. Some are answered again; none is missed, however late it commits.
    /// </summary>
    Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken);

    /// <summary>
    /// Shards that may have something new in their inbox, as it becomes known; a hint, repeated at least every 2 s while there is one.
    /// </summary>
    IAsyncEnumerable<int> WatchInboxAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes room ahead, and forgets jobs that ended longer ago than they need be kept, with all their rows and submissions. Open jobs are
    /// never forgotten, and keys not within <see cref="JobLimits.UniqueWithinMax"/>. For one silo at a time; the others do nothing.
    /// </summary>
    Task MaintainAsync(Retention retention, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets ended jobs at once, with all their rows and submissions, as if their time had come; keys stay known. Open jobs stay, and
    /// ids that are not there are passed over.
    /// </summary>
    /// <param name="shard">The shard of all of them.</param>
    /// <param name="ids">At most 1,000.</param>
    /// <param name="cancellationToken">Gives up; what was forgotten is then not known.</param>
    /// <returns>Those that were forgotten.</returns>
    Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken);
}

/// <summary>What became of a write.</summary>
public enum WriteOutcome
{
    /// <summary>Committed.</summary>
    Written,

    /// <summary>The shard has another owner: nothing was written, and nothing ever will be under this epoch.</summary>
    Refused,
}
