using Hearth.Jobs;
using Hearth.Storage.PostgreSql.Writing;

namespace Hearth.Storage.PostgreSql;

/// <summary>Jobs on PostgreSQL.</summary>
public sealed class PostgreSqlJobStore : IJobStore, IAsyncDisposable
{
    private readonly PostgreSqlDatabase database;
    private readonly WriteLane[] lanes;
    private readonly ShardTable shards;
    private readonly Checkpoints checkpoints;
    private readonly Recovery recovery;
    private readonly JobReads reads;
    private readonly JobList list;
    private readonly Inbox inbox;
    private readonly Maintenance maintenance;
    private bool isClosed;

    public PostgreSqlJobStore(PostgreSqlDatabase database)
    {
        this.database = database;
        lanes = new WriteLane[Math.Max(1, database.Options.Writers)];
        for (var i = 0; i < lanes.Length; i++)
            lanes[i] = new WriteLane(database);
        shards = new ShardTable(database);
        checkpoints = new Checkpoints(database);
        recovery = new Recovery(database);
        reads = new JobReads(database);
        list = new JobList(database, reads);
        inbox = new Inbox(database);
        maintenance = new Maintenance(database);
    }

    public DateTimeOffset Now => database.Clock.Now;

    /// <summary>What was sent since the database was opened.</summary>
    public StoreCounters Counters => database.Tally.Read();

    /// <summary>Writes what is waiting. May be called again: a container closes what it handed out, and so does whoever opened it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isClosed, true))
            return;
        foreach (var closing in lanes.Select(lane => lane.DisposeAsync().AsTask()).ToList())
            await closing;
    }

    public Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken) =>
        shards.ClaimAsync(shard, owner, isPlanned, cancellationToken);

    public Task<WriteOutcome> ReleaseAsync(int shard, long epoch) => shards.ReleaseAsync(shard, epoch);

    public Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken) => shards.ListAsync(cancellationToken);

    public ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken) => shards.KeyAsync(shard, cancellationToken);

    public ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken) => shards.NumberAsync(key, cancellationToken);

    public Task<WriteOutcome> WriteAsync(ShardWrite write) => lanes[(uint)write.Shard % lanes.Length].WriteAsync(write);

    public Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken) =>
        checkpoints.WriteAsync(checkpoint, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(ShardClaim claim, CancellationToken cancellationToken) =>
        recovery.RunAsync(claim, cancellationToken);

    public Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        reads.JobsAsync(shard, ids, cancellationToken);

    public Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        reads.LeasesAsync(shard, ids, cancellationToken);

    public Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) =>
        reads.PermitsAsync(shard, cancellationToken);

    public Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken) =>
        reads.KeysAsync(shard, kind, hashes, since, cancellationToken);

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => reads.ViewAsync(id, cancellationToken);

    public Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken) => reads.EndAsync(id, cancellationToken);

    public Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) => reads.AttemptsAsync(id, cancellationToken);

    public Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken) => reads.NoteAsync(id, number, cancellationToken);

    public Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken) => reads.HistoryAsync(id, cancellationToken);

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken) => list.PageAsync(filter, cancellationToken);

    public Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken) =>
        inbox.ReadAsync(shard, position, cancellationToken);

    public IAsyncEnumerable<int> WatchInboxAsync(CancellationToken cancellationToken) => inbox.WatchAsync(cancellationToken);

    public Task MaintainAsync(Retention retention, CancellationToken cancellationToken) => maintenance.RunAsync(retention, cancellationToken);

    public Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        maintenance.ForgetAsync(shard, ids, cancellationToken);
}
