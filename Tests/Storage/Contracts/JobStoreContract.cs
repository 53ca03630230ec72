using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>
/// What <see cref="IJobStore"/> promises, whoever keeps it: each store has a subclass of one line. Shards have names of their own in each
/// test, so that tests may share a database; times are those of the store's clock.
/// </summary>
public abstract partial class JobStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private StoredJobs stored = null!;
    private int counter;

    protected abstract Task<StoredJobs> NewAsync();

    private IJobStore Store { get; set; } = null!;

    public async Task InitializeAsync()
    {
        stored = await NewAsync();
        Store = await stored.OpenAsync();
    }

    public async Task DisposeAsync() => await stored.DisposeAsync();

    private async Task ReopenAsync() => Store = await stored.OpenAsync();

    private static string NewShard() => $"pool/{Guid.NewGuid():N}/0";

    private Task<ShardClaim> ClaimAsync(string? shard = null) => Store.ClaimAsync(shard ?? NewShard(), "owner", isPlanned: false, None);

    /// <summary>The next id; ids of one test ascend, unless a time is asked for.</summary>
    private JobId NextId(ShardClaim claim, DateTimeOffset? at = null) =>
        JobId.Create((at ?? Store.Now).ToUnixTimeMilliseconds(), ++counter, claim.Number, claim.Epoch);

    private static JobSpec Spec(string function = "f", JobOptions? options = null) =>
        new(function, "application/json", "1"u8.ToArray(), options);

    private JobRow NextJob(ShardClaim claim, string function = "f", JobOptions? options = null) => new(NextId(claim), Spec(function, options));

    private JobRow[] NextJobs(ShardClaim claim, int count) => [.. Enumerable.Range(0, count).Select(_ => NextJob(claim))];

    private JobEnd End(JobId id, JobState state = JobState.Succeeded, DateTimeOffset? at = null) => state == JobState.Succeeded
        ? new JobEnd(id, state, 1, Store.Now, at ?? Store.Now, "2"u8.ToArray(), "application/json")
        : new JobEnd(id, state, 1, Store.Now, at ?? Store.Now, default, null, "it broke", "Broken");

    private Task<WriteOutcome> TryWriteAsync(
        ShardClaim claim, JobRow[]? jobs = null, JobKeyRow[]? keys = null, JobEnd[]? ends = null, JobAttemptRow[]? attempts = null,
        JobNoteRow[]? notes = null, InboxPost[]? posts = null, JobLeaseRow[]? leases = null) => Store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Jobs = jobs, Keys = keys, Ends = ends, Attempts = attempts, Notes = notes, Posts = posts, Leases = leases,
        });

    private async Task WriteAsync(
        ShardClaim claim, JobRow[]? jobs = null, JobKeyRow[]? keys = null, JobEnd[]? ends = null, JobAttemptRow[]? attempts = null,
        JobNoteRow[]? notes = null, InboxPost[]? posts = null, JobLeaseRow[]? leases = null) =>
        Assert.Equal(WriteOutcome.Written, await TryWriteAsync(claim, jobs, keys, ends, attempts, notes, posts, leases));

    private async Task<JobId> AcceptAsync(ShardClaim claim, string function = "f", JobOptions? options = null)
    {
        var job = NextJob(claim, function, options);
        await WriteAsync(claim, [job]);
        return job.Id;
    }

    private async Task CheckpointAsync(ShardClaim claim, JobId upTo, JobId[] open, long inboxPosition = 0) => Assert.Equal(
        WriteOutcome.Written, await Store.WriteCheckpointAsync(new ShardCheckpoint(claim.Number, claim.Epoch, upTo, open, inboxPosition), None));

    private async Task<List<OpenJob>> RecoverAsync(ShardClaim claim)
    {
        var open = new List<OpenJob>();
        await foreach (var chunk in Store.RecoverAsync(claim, None))
            open.AddRange(chunk);
        return open;
    }

    /// <summary>Takes the shard over as a process does that has just started, and recovers it.</summary>
    private async Task<List<OpenJob>> TakeOverAsync(ShardClaim former)
    {
        await ReopenAsync();
        return await RecoverAsync(await ClaimAsync(former.Key));
    }

    private async Task<JobId[]> TakeOverIdsAsync(ShardClaim former) => [.. (await TakeOverAsync(former)).Select(j => j.Id)];

    private static ReadOnlyMemory<byte> Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
