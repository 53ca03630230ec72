using System.Runtime.CompilerServices;
using Hearth.Jobs;

namespace Hearth.Storage.InMemory;

/// <summary>
/// The reference: what <see cref="IJobStore"/> means, in dictionaries under one lock. For tests and simulations; nothing outlives the object,
/// and a silo that takes over opens the same object.
/// </summary>
public sealed partial class InMemoryJobStore(TimeProvider clock) : IJobStore
{
    private const int ChunkMax = 1_000;
    private const int InboxPageMax = 10_000;
    private const int ListedRowsMax = 50_000;

    private readonly Lock gate = new();
    private readonly List<Shard> shards = [];
    private TaskCompletionSource posted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long inboxPosition;

    public DateTimeOffset Now => StoredTime.Truncate(clock.GetUtcNow());

    public Task<ShardClaim> ClaimAsync(string shard, string owner, bool isPlanned, CancellationToken cancellationToken) => Do(() =>
    {
        var claimed = shards.Find(s => s.Key == shard);
        if (claimed is null)
            shards.Add(claimed = new Shard(shards.Count + 1, shard));
        var wasClean = claimed.Owner is null;
        claimed.Epoch++;
        claimed.Owner = owner;
        return new ShardClaim(claimed.Number, shard, claimed.Epoch, wasClean, claimed.LastId, claimed.Checkpoint?.InboxPosition ?? 0);
    });

    public Task<WriteOutcome> ReleaseAsync(int shard, long epoch) => Do(() => Write(shard, epoch, owned => owned.Owner = null));

    public Task<IReadOnlyList<ShardRow>> ShardsAsync(CancellationToken cancellationToken) => Do<IReadOnlyList<ShardRow>>(() =>
        [.. shards.Select(s => new ShardRow(s.Number, s.Key, s.Epoch, s.Owner))]);

    public ValueTask<string?> ShardKeyAsync(int shard, CancellationToken cancellationToken) => new(Do(() => Find(shard)?.Key));

    public ValueTask<int?> ShardNumberAsync(string key, CancellationToken cancellationToken) =>
        new(Do(() => shards.Find(s => s.Key == key)?.Number));

    public Task<WriteOutcome> WriteAsync(ShardWrite write)
    {
        lock (gate)
            return held is null ? WriteNow(write) : Hold(write);
    }

    public Task<WriteOutcome> WriteCheckpointAsync(ShardCheckpoint checkpoint, CancellationToken cancellationToken) => Do(() =>
        Write(checkpoint.Shard, checkpoint.Epoch, owned => owned.Checkpoint = checkpoint with { Open = checkpoint.Open.ToArray() }));

    public async IAsyncEnumerable<IReadOnlyList<OpenJob>> RecoverAsync(
        ShardClaim claim, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var chunk in await Do(() => Open(Find(claim.Number)!, claim.LastId).Chunk(ChunkMax)))
            yield return chunk;
    }

    public Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<JobRow>>(() =>
            [.. ids.Distinct().Where(id => Find(shard)?.Jobs.ContainsKey(id) == true).Select(id => Whole(id, Find(shard)!.Jobs[id]))]);

    public Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<JobLeaseRow>>(() =>
            [.. ids.Distinct().Where(id => Find(shard)?.Leases.ContainsKey(id) == true).Select(id => Find(shard)!.Leases[id].Values.Last())]);

    public Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) => Do<IReadOnlyList<PermitRow>>(() =>
        [.. (Find(shard)?.Permits ?? []).Where(permit => permit.KeptUntil > Now)]);

    public Task<IReadOnlyList<JobKeyRow>> FindKeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<JobKeyRow>>(() =>
        [
            .. (Find(shard)?.Keys ?? [])
                .Where(k => k.Kind == kind && k.Id.At >= since && hashes.Any(h => h.Span.SequenceEqual(k.Hash.Span)))
                .GroupBy(k => Convert.ToHexString(k.Hash.Span))
                .Select(same => same.MaxBy(k => k.Id)),
        ]);

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => Do(() =>
        Find(id.Shard) is { } shard && shard.Jobs.TryGetValue(id, out var job) ? View(shard, job) : null);

    public Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken) => Do(() =>
        Find(id.Shard) is { } shard && shard.Ends.TryGetValue(id, out var end) ? Whole(id, end) : (JobEnd?)null);

    public Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) => Do<IReadOnlyList<JobAttemptRow>>(() =>
        Find(id.Shard) is { } shard ? [.. AttemptsOf(shard, id)] : []);

    public Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken) => Do(() =>
        Find(id.Shard) is { } shard && shard.Notes.TryGetValue(id, out var notes) && notes.TryGetValue(number, out var note) ? note : (JobNoteRow?)null);

    public Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken) => Do(() =>
        Find(id.Shard) is { } shard ? new JobHistory([.. AttemptsOf(shard, id)], [.. NotesOf(shard, id)]) : new JobHistory([], []));

    public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken) => Do(() =>
    {
        var looked = 0;
        var found = new List<JobView>();
        var rows = filter.Shards.Distinct().Select(Find).OfType<Shard>().SelectMany(s => s.Jobs.Values, (s, job) => (Shard: s, Job: job));
        foreach (var (shard, job) in rows.OrderByDescending(r => r.Job.Id).Where(r => filter.Below is null || r.Job.Id < filter.Below))
        {
            if (Matches(filter, job, shard.Ends.TryGetValue(job.Id, out var end) ? end : null))
                found.Add(View(shard, job));
            if (found.Count == filter.Limit || ++looked == ListedRowsMax)
                return new JobPage(found, job.Id);
        }

        return new JobPage(found, null);
    });

    public Task<InboxPage> ReadInboxAsync(int shard, long position, CancellationToken cancellationToken) => Do(() =>
    {
        var asked = Find(shard);
        var rows = asked?.Inbox.Where(p => p.Position > position && !asked.Ends.ContainsKey(p.Post.Id)).Take(InboxPageMax + 1).ToList() ?? [];
        var page = rows.Take(InboxPageMax).ToList();
        return new InboxPage(
            [.. page.Select(p => new InboxRow(new JobRow(p.Post.Id, p.Post.Spec), asked!.Jobs.ContainsKey(p.Post.Id)))],
            page.Count == 0 ? position : page[^1].Position,
            rows.Count > page.Count);
    });

    public async IAsyncEnumerable<int> WatchInboxAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = posted.Task;
            foreach (var shard in await Do(() => shards.Where(s => s.Inbox.Exists(p => !s.Jobs.ContainsKey(p.Post.Id))).Select(s => s.Number).ToList()))
                yield return shard;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(2), clock, waiting.Token));
            await waiting.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public Task MaintainAsync(Retention retention, CancellationToken cancellationToken) => Do(() =>
    {
        foreach (var shard in shards)
        {
            shard.Inbox.RemoveAll(p => shard.Ends.ContainsKey(p.Post.Id));
            shard.Permits.RemoveWhere(permit => permit.KeptUntil <= Now);
            shard.Keys.RemoveAll(k => k.Id.At < Now - JobLimits.UniqueWithinMax);
            foreach (var end in shard.Ends.Values.ToList())
            {
                if (end.EndedAt < retention.Of(shard.Number).Before(end.State, Now))
                    shard.Forget(end.Id);
            }
        }

        return true;
    });

    public Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) => Do<IReadOnlyList<JobId>>(() =>
    {
        var ended = Find(shard) is { } asked ? ids.Distinct().Where(asked.Ends.ContainsKey).ToList() : [];
        foreach (var id in ended)
            Find(shard)!.Forget(id);
        return ended;
    });

    /// <summary>What another store of this process posts.</summary>
    internal void Post(IReadOnlyList<InboxPost> posts)
    {
        lock (gate)
            PostNow(posts);
    }

    /// <summary>Those that have not ended, of the inbox or stored.</summary>
    internal IReadOnlySet<JobId> Open(IReadOnlyList<JobId> ids)
    {
        lock (gate)
        {
            return ids.Where(id => Find(id.Shard) is { } shard && !shard.Ends.ContainsKey(id)
                && (shard.Jobs.ContainsKey(id) || shard.Inbox.Exists(p => p.Post.Id == id))).ToHashSet();
        }
    }

    private Task<WriteOutcome> WriteNow(ShardWrite write) => Do(() =>
    {
        var fault = TakeFault();
        if (fault is WriteFault.Refused or WriteFault.LostBefore)
            throw Error(fault);
        var outcome = Write(write.Shard, write.Epoch, owned => Store(owned, write));
        return fault is WriteFault.LostAfter ? throw Error(fault) : outcome;
    });

    private WriteOutcome Write(int shard, long epoch, Action<Shard> change)
    {
        if (Find(shard) is not { } owned || owned.Epoch != epoch)
            return WriteOutcome.Refused;
        change(owned);
        return WriteOutcome.Written;
    }

    private void Store(Shard owned, ShardWrite write)
    {
        foreach (var job in write.Jobs.Span)
            owned.Add(job with { Spec = Stored(job.Spec) });
        foreach (var key in write.Keys.Span)
            owned.Keys.Add(key);
        foreach (var end in write.Ends.Span)
            owned.Ends.TryAdd(end.Id, Stored(end));
        foreach (var attempt in write.Attempts.Span)
            Of(owned.Attempts, attempt.Id).TryAdd((attempt.Attempt, attempt.Kind), Stored(attempt));
        foreach (var note in write.Notes.Span)
            Store(Of(owned.Notes, note.Id), note with { At = StoredTime.Truncate(note.At) });
        foreach (var lease in write.Leases.Span)
            Of(owned.Leases, lease.Id).TryAdd((lease.Attempt, lease.Number), Stored(lease));
        foreach (var permit in write.Permits.Span)
            owned.Permits.Add(permit with { At = StoredTime.Truncate(permit.At), KeptUntil = StoredTime.Truncate(permit.KeptUntil) });
        PostNow(write.Posts.ToArray());
    }

    private void PostNow(IReadOnlyList<InboxPost> posts)
    {
        foreach (var post in posts)
            Find(post.Shard)?.Add(++inboxPosition, post with { Spec = Stored(post.Spec) });
        if (posts.Count > 0)
            Interlocked.Exchange(ref posted, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private static void Store(SortedDictionary<int, JobNoteRow> notes, in JobNoteRow note)
    {
        if (!notes.TryGetValue(note.Number, out var there) || there.Attempt <= note.Attempt)
            notes[note.Number] = note;
    }

    private static JobSpec Stored(JobSpec spec) => spec with
    {
        Options = StoredOptions.Read(
            StoredOptions.Write(spec.Options), (spec.Options ?? JobOptions.Default).Priority,
            StoredTime.Truncate(spec.Options?.DueAt), StoredTime.Truncate(spec.Options?.ExpiresAt), spec.Options?.Tags),
    };

    private static JobEnd Stored(JobEnd end) => end with
    {
        StartedAt = StoredTime.Truncate(end.StartedAt),
        EndedAt = StoredTime.Truncate(end.EndedAt),
        Result = end.Result.ToArray(),
    };

    private static JobAttemptRow Stored(JobAttemptRow row) => row with
    {
        At = StoredTime.Truncate(row.At),
        StartedAt = StoredTime.Truncate(row.StartedAt),
        RetryAt = StoredTime.Truncate(row.RetryAt),
    };

    private static JobLeaseRow Stored(JobLeaseRow row) => row with
    {
        StartedAt = StoredTime.Truncate(row.StartedAt),
        Until = StoredTime.Truncate(row.Until),
    };

    /// <summary>The last checkpoint's jobs, those after it, and those of the inbox that the checkpoint may not have known.</summary>
    private static IEnumerable<OpenJob> Open(Shard shard, JobId lastId)
    {
        var names = new Dictionary<string, string>();
        var listed = shard.Checkpoint is { } checkpoint
            ? checkpoint.Open.ToArray()
                .Concat(shard.Jobs.Keys.Where(id => id > checkpoint.UpTo))
                .Concat(shard.Inbox.Where(p => p.Position > checkpoint.InboxPosition).Select(p => p.Post.Id))
            : shard.Jobs.Keys;
        foreach (var id in listed.Distinct().Where(id => id <= lastId && shard.Jobs.ContainsKey(id) && !shard.Ends.ContainsKey(id)).ToList())
        {
            var spec = shard.Jobs[id].Spec;
            var options = spec.Options ?? JobOptions.Default;
            names.TryAdd(spec.Function, spec.Function);
            yield return AttemptTally.Of(AttemptsOf(shard, id))
                .Open(id, names[spec.Function], options.Priority, options.DueAt, options.ExpiresAt,
                    (options.Key, options.Unique?.Mode == UniqueMode.Latest));
        }
    }

    private JobView View(Shard shard, JobRow job) => AttemptTally.Of(AttemptsOf(shard, job.Id)).View(
        job.Id, job.Spec.Function, job.Spec.Options ?? JobOptions.Default, shard.Ends.TryGetValue(job.Id, out var end) ? end : null, Now);

    private static bool Matches(JobFilter filter, JobRow job, JobEnd? end) =>
        (filter.Function is null || job.Spec.Function == filter.Function)
        && (filter.Ended is null || end?.State == filter.Ended)
        && (filter.Tag is null || job.Spec.Options?.Tags?.Contains(filter.Tag) == true)
        && (filter.From is null || job.Id.At >= filter.From)
        && (filter.Before is null || job.Id.At < filter.Before)
        && (filter.Error is null || end?.Error?.Contains(filter.Error, StringComparison.Ordinal) == true
            || end?.ErrorType?.Contains(filter.Error, StringComparison.Ordinal) == true);

    private static IEnumerable<JobAttemptRow> AttemptsOf(Shard shard, JobId id) =>
        shard.Attempts.TryGetValue(id, out var rows) ? rows.Values : [];

    private static IEnumerable<JobNoteRow> NotesOf(Shard shard, JobId id) => shard.Notes.TryGetValue(id, out var rows) ? rows.Values : [];

    private static SortedDictionary<TKey, TRow> Of<TKey, TRow>(Dictionary<JobId, SortedDictionary<TKey, TRow>> rows, JobId id)
        where TKey : notnull =>
        rows.TryGetValue(id, out var known) ? known : rows[id] = [];

    private Shard? Find(int number) => number >= 1 && number <= shards.Count ? shards[number - 1] : null;

    private Task<T> Do<T>(Func<T> work)
    {
        lock (gate)
        {
            try
            {
                return IsDown ? Task.FromException<T>(new StoreUnavailableException("The store is down.")) : Task.FromResult(work());
            }
            catch (Exception e)
            {
                return Task.FromException<T>(e);
            }
        }
    }

    private sealed class Shard(int number, string key)
    {
        private readonly HashSet<JobId> posted = [];

        public int Number => number;

        public string Key => key;

        public long Epoch { get; set; }

        public string? Owner { get; set; }

        public JobId LastId { get; private set; }

        public ShardCheckpoint? Checkpoint { get; set; }

        public SortedDictionary<JobId, JobRow> Jobs { get; } = [];

        public Dictionary<JobId, JobEnd> Ends { get; } = [];

        public List<JobKeyRow> Keys { get; } = [];

        public HashSet<PermitRow> Permits { get; } = [];

        public Dictionary<JobId, SortedDictionary<(int Attempt, AttemptKind Kind), JobAttemptRow>> Attempts { get; } = [];

        public Dictionary<JobId, SortedDictionary<int, JobNoteRow>> Notes { get; } = [];

        public Dictionary<JobId, SortedDictionary<(int Attempt, int Number), JobLeaseRow>> Leases { get; } = [];

        public List<(long Position, InboxPost Post)> Inbox { get; } = [];

        public void Add(JobRow job)
        {
            if (Jobs.TryAdd(job.Id, job) && job.Id > LastId)
                LastId = job.Id;
        }

        public void Add(long position, InboxPost post)
        {
            if (posted.Add(post.Id))
                Inbox.Add((position, post));
        }

        public void Forget(JobId id)
        {
            Jobs.Remove(id);
            Ends.Remove(id);
            Attempts.Remove(id);
            Notes.Remove(id);
            Leases.Remove(id);
            Inbox.RemoveAll(p => p.Post.Id == id);
        }
    }
}
