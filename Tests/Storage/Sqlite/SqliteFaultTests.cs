using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

/// <summary>Writes that fail, and commits that nobody knows of.</summary>
public sealed class SqliteFaultTests : IAsyncLifetime
{
    private const int IoErrorFsync = SqliteNative.IoError | (4 << 8);

    private readonly TempFolder folder = new();
    private SqliteDatabase database = null!;
    private SqliteJobStore store = null!;
    private ShardClaim claim = null!;
    private int counter;

    public async Task InitializeAsync()
    {
        database = SqliteDatabase.Open(folder["jobs.db"], new SqliteLimits { SendAgainFor = TimeSpan.FromMilliseconds(300) });
        store = new SqliteJobStore(database, TimeProvider.System);
        claim = await store.ClaimAsync("pool/queue/0", "owner", isPlanned: false, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await database.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_write_that_breaks_a_rule_fails_alone_and_whole()
    {
        // The writer is at work meanwhile, so that those behind share a commit.
        using var busy = new ManualResetEventSlim();
        var blocked = database.WriteAsync(_ =>
        {
            busy.Wait();
            return true;
        });
        var (before, good, after) = (NextJob(), NextJob(), NextJob());
        var first = WriteAsync(before);
        var bad = store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Jobs = new[] { good, NextJob(new JobOptions { Priority = 9 }) },
        });
        var last = WriteAsync(after);
        busy.Set();
        await Task.WhenAll(blocked, first, last);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        Assert.Equal([before.Id, after.Id], await StoredAsync());
    }

    [Fact]
    public async Task A_full_disk_refuses_and_stores_no_half()
    {
        await LimitPagesAsync(1);
        var large = Enumerable.Range(0, 100).Select(_ => NextJob(size: 10_000)).ToArray();
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync(large));
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.Empty(await StoredAsync());

        await LimitPagesAsync(1_000_000);
        await WriteAsync(large);
        Assert.Equal(100, (await StoredAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_may_have_been_made_is_sent_again_until_it_is_known(bool wasMade)
    {
        var failures = 3;
        database.Writer.AroundCommit = commit =>
        {
            if (wasMade || failures == 0)
                commit();
            if (failures-- > 0)
                throw new SqliteException(IoErrorFsync, "disk I/O error");
        };
        var jobs = new[] { NextJob(), NextJob() };
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Jobs = jobs }));
        Assert.True(failures < 0);
        Assert.Equal(jobs.Select(j => j.Id), await StoredAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_it_cannot_be_known_the_owner_has_to_start_anew(bool wasMade)
    {
        var isBroken = true;
        database.Writer.AroundCommit = commit =>
        {
            if (wasMade || !isBroken)
                commit();
            if (isBroken)
                throw new SqliteException(IoErrorFsync, "disk I/O error");
        };
        var (lost, next) = (NextJob(), NextJob());
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => WriteAsync(lost));
        isBroken = false;
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => WriteAsync(next));
        claim = await store.ClaimAsync("pool/queue/0", "owner", isPlanned: false, CancellationToken.None);
        await WriteAsync(NextJob());
        var stored = await StoredAsync();
        Assert.DoesNotContain(next.Id, stored);
        Assert.Equal(wasMade, stored.Contains(lost.Id));
    }

    [Fact]
    public async Task Grain_state_survives_a_commit_that_is_sent_again()
    {
        var state = new SqliteGrainStateStore(database, TimeProvider.System);
        var first = await state.WriteAsync("g", "n", [1], null);
        var failures = 2;
        database.Writer.AroundCommit = commit =>
        {
            if (failures-- > 0)
                throw new SqliteException(IoErrorFsync, "disk I/O error");
            commit();
        };
        Assert.NotNull(await state.WriteAsync("g", "n", [2], first));
        Assert.Equal([2], (await state.ReadAsync("g", "n"))!.Payload);
    }

    private JobRow NextJob(JobOptions? options = null, int size = 1) => new(
        JobId.Create(store.Now.ToUnixTimeMilliseconds(), ++counter, claim.Number, claim.Epoch), new JobSpec("f", "t", new byte[size], options));

    private async Task WriteAsync(params JobRow[] jobs) =>
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Jobs = jobs }));

    private async Task<List<JobId>> StoredAsync() =>
        [.. (await store.ListAsync(new JobFilter([claim.Number]) { Limit = 1_000 }, CancellationToken.None)).Jobs.Select(j => j.Id).Order()];

    /// <summary>The file may grow so far; SQLite takes no less than it has.</summary>
    private Task<bool> LimitPagesAsync(int pages) => database.WriteAsync(transaction =>
    {
        transaction.Session.Execute($"PRAGMA max_page_count={pages}");
        return true;
    });
}
