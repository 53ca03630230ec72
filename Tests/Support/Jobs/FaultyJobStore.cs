using System.Runtime.CompilerServices;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Support.Jobs;

/// <summary>What one silo sees of a store that others may see too. It can be made to fail, to wait, and to keep its answers back.</summary>
internal sealed class FaultyJobStore(IJobStore inner) : IJobStore
{
    private readonly Lock gate = new();
    private readonly Queue<WriteFault> faults = new();
    private TaskCompletionSource? held;
    private Task lastHeld = Task.CompletedTask;
    private int waiting;

    private enum WriteFault
    {
        Refused,
        LostBefore,
        LostAfter,
    }

    /// <summary>While true everything fails.</summary>
    public bool IsDown { get; set; }

    /// <summary>The silo has died: nothing of it reaches the store, for ever.</summary>
    public bool IsDead { get; set; }

    /// <summary>While true what writes fails, and reads work.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Called with a method's name when its answer is there, and awaited before it is given.</summary>
    public Func<string, Task> BeforeAnswer { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called with what is about to be written.</summary>
    public Action<ShardWrite> OnWrite { get; set; } = _ => { };

    /// <summary>How often which method was called.</summary>
    public Dictionary<string, int> Calls { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset Now => inner.Now;

    /// <summary><see cref="Calls"/>, while calls go on.</summary>
    public string Told
    {
        get
        {
            lock (gate)
                return string.Join(", ", Calls.Select(call => $"{call.Key} {call.Value}"));
        }
    }

    /// <summary>How many writes wait.</summary>
    public int HeldWrites => Volatile.Read(ref waiting);

    public void FailNextWrite() => Add(WriteFault.Refused);

    public void LoseNextOutcome(bool isStored) => Add(isStored ? WriteFault.LostAfter : WriteFault.LostBefore);

    /// <summary>From now on writes wait, and are made in their order by <see cref="ReleaseWrites"/>.</summary>
    public void HoldWrites()
    {
        lock (gate)
            held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void ReleaseWrites()
    {
        lock (gate)
        {
            held?.SetResult();
            held = null;
        }
    }

    public Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken) =>
        Do(() => inner.ClaimAsync(shard, owner, isPlanned, cancellationToken), writes: true);

    public Task<WriteOutcome> ReleaseAsync(int shard, long epoch) => Do(() => inner.ReleaseAsync(shard, epoch), writes: true);

    public Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken) => Do(() => inner.ShardsAsync(cancellationToken));

    public async ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken) =>
        await Do(() => inner.ShardKeyAsync(shard, cancellationToken).AsTask());

    public async ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken) =>
        await Do(() => inner.ShardNumberAsync(key, cancellationToken).AsTask());

    public Task<WriteOutcome> WriteAsync(ShardWrite write)
    {
        OnWrite(write);
        Task before;
        lock (gate)
        {
            if (held is null && lastHeld.IsCompleted)
                return WriteNowAsync(write);
            before = held?.Task ?? Task.CompletedTask;
            var after = WriteLaterAsync(lastHeld, before, write);
            lastHeld = after;
            return after;
        }
    }

    public Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken) =>
        Do(() => inner.WriteCheckpointAsync(checkpoint, cancellationToken), writes: true);

    public async IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(
        ShardClaim claim, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var chunk in inner.RecoverAsync(claim, cancellationToken))
            yield return await Do(() => Task.FromResult(chunk));
    }

    public Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Do(() => inner.ReadJobsAsync(shard, ids, cancellationToken));

    public Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Do(() => inner.LeasesAsync(shard, ids, cancellationToken));

    public Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) =>
        Do(() => inner.PermitsAsync(shard, cancellationToken));

    public Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken) =>
        Do(() => inner.FindKeysAsync(shard, kind, hashes, since, cancellationToken));

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => Do(() => inner.FindAsync(id, cancellationToken));

    public Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken) => Do(() => inner.FindEndAsync(id, cancellationToken));

    public Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) => Do(() => inner.AttemptsAsync(id, cancellationToken));

    public Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken) =>
        Do(() => inner.FindNoteAsync(id, number, cancellationToken));

    public Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken) => Do(() => inner.HistoryAsync(id, cancellationToken));

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken) => Do(() => inner.ListAsync(filter, cancellationToken));

    public Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken) =>
        Do(() => inner.ReadInboxAsync(shard, position, cancellationToken));

    public IAsyncEnumerable<int> WatchInboxAsync(CancellationToken cancellationToken) => inner.WatchInboxAsync(cancellationToken);

    public Task MaintainAsync(Retention retention, CancellationToken cancellationToken) => inner.MaintainAsync(retention, cancellationToken);

    public Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Do(() => inner.ForgetAsync(shard, ids, cancellationToken), writes: true);

    private async Task<WriteOutcome> WriteLaterAsync(Task formerly, Task released, ShardWrite write)
    {
        Interlocked.Increment(ref waiting);
        await released;
        await formerly.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref waiting);
        return await WriteNowAsync(write);
    }

    private async Task<WriteOutcome> WriteNowAsync(ShardWrite write)
    {
        WriteFault? fault;
        lock (gate)
            fault = faults.TryDequeue(out var next) ? next : null;
        if (fault == WriteFault.Refused)
            throw new StoreUnavailableException("A test wants this write to fail.");
        var outcome = fault == WriteFault.LostBefore ? default : await Do(() => inner.WriteAsync(write), writes: true, nameof(WriteAsync));
        return fault is null ? outcome : throw new OutcomeUnknownException("A test wants this write's outcome to be unknown.");
    }

    private async Task<T> Do<T>(Func<Task<T>> work, bool writes = false, [CallerMemberName] string method = "")
    {
        lock (gate)
            Calls[method] = Calls.GetValueOrDefault(method) + 1;
        if (IsDead || IsDown || (writes && IsReadOnly))
            throw new StoreUnavailableException("A test wants the store to be unavailable.");
        var answer = await work();
        await BeforeAnswer(method);
        if (!IsDead && !IsDown)
            return answer;
        // What was to be written is: nobody may say that it is not.
        throw writes
            ? new OutcomeUnknownException("A test wants the store to be unavailable.")
            : new StoreUnavailableException("A test wants the store to be unavailable.");
    }

    private void Add(WriteFault fault)
    {
        lock (gate)
            faults.Enqueue(fault);
    }
}
