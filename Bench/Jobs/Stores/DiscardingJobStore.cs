using System.Threading.Channels;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>Counts what it is given, and keeps nothing. Writes are answered in their order from another thread, as a store would.</summary>
internal sealed class DiscardingJobStore : IJobStore, IAsyncDisposable
{
    private readonly Channel<(ShardWrite Write, TaskCompletionSource<WriteOutcome> Done)> writes =
        Channel.CreateUnbounded<(ShardWrite, TaskCompletionSource<WriteOutcome>)>(new() { SingleReader = true });

    private readonly List<string> shards = [];
    private readonly Task loop;
    private long commits;
    private long bytes;

    public DiscardingJobStore() => loop = Task.Run(RunAsync);

    public DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public long Jobs { get; private set; }

    public long Ends { get; private set; }

    public StoreCounters Counters => new(commits, commits, Jobs + Ends, bytes);

    public async ValueTask DisposeAsync()
    {
        writes.Writer.TryComplete();
        await loop;
    }

    public Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken)
    {
        lock (shards)
        {
            if (!shards.Contains(shard))
                shards.Add(shard);
            return Task.FromResult(new ShardClaim(shards.IndexOf(shard) + 1, shard, 1, true, default, 0));
        }
    }

    public Task<WriteOutcome> ReleaseAsync(int shard, long epoch) => Task.FromResult(WriteOutcome.Written);

    public Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ShardRow>>([]);

    public ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken) => new(shards[shard - 1]);

    public ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken) => new(shards.IndexOf(key) + 1);

    public Task<WriteOutcome> WriteAsync(ShardWrite write)
    {
        var done = new TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        writes.Writer.TryWrite((write, done));
        return done.Task;
    }

    public Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken) =>
        Task.FromResult(WriteOutcome.Written);

    public async IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(
        ShardClaim claim, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) => throw Nothing();

    public Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) => throw Nothing();

    public Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PermitRow>>([]);

    public Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken) =>
        throw Nothing();

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => throw Nothing();

    public Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken) => throw Nothing();

    public Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) => throw Nothing();

    public Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken) => throw Nothing();

    public Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken) => throw Nothing();

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken) => throw Nothing();

    public Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken) =>
        Task.FromResult(new InboxPage([], 0, false));

    public async IAsyncEnumerable<int> WatchInboxAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    public Task MaintainAsync(Retention retention, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JobId>>([]);

    private async Task RunAsync()
    {
        await foreach (var (write, done) in writes.Reader.ReadAllAsync())
        {
            commits++;
            Jobs += write.Jobs.Length;
            Ends += write.Ends.Length;
            foreach (ref readonly var job in write.Jobs.Span)
                bytes += job.Spec.Input.Length;
            done.SetResult(WriteOutcome.Written);
        }
    }

    private static NotSupportedException Nothing() => new("Nothing is kept.");
}
