using System.Collections.Immutable;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

/// <summary>What the rows of jobs promise, whoever writes them.</summary>
public sealed class SqliteJobStoreTests : IAsyncLifetime
{
    private const string Shard = "default/default/0";

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempFolder folder = new();
    private SqliteDatabase database = null!;
    private SqliteJobStore store = null!;

    public Task InitializeAsync()
    {
        database = SqliteDatabase.Open(folder["jobs.db"]);
        store = new SqliteJobStore(database);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await database.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_key_is_remembered_for_a_day_and_then_free_again()
    {
        var key = new JobKey("hash", "body");
        var first = await store.AcceptAsync(Row(Start), key);
        var late = await store.AcceptAsync(Row(Start + JobKey.Window - TimeSpan.FromMilliseconds(1)), key);
        Assert.Equal((first.Id, true, false), (late.Id, late.IsRepeat, late.IsOtherBody));

        var after = await store.AcceptAsync(Row(Start + JobKey.Window), key);
        Assert.False(after.IsRepeat);
        Assert.NotEqual(first.Id, after.Id);
        var again = await store.AcceptAsync(Row(Start + JobKey.Window * 1.5), key);
        Assert.Equal((after.Id, true), (again.Id, again.IsRepeat));
        Assert.Equal(2, (await store.OpenAsync(Shard)).Count);
    }

    [Fact]
    public async Task A_second_end_changes_nothing()
    {
        var id = (await store.AcceptAsync(Row(Start), null)).Id;
        var first = new JobEnd(id, JobState.Succeeded, "1"u8.ToArray(), "application/json", null, Start, Start);
        await store.EndAsync(first);
        await store.EndAsync(first with { State = JobState.Failed, Error = "late", ContentType = null, EndedAt = Start.AddHours(1) });
        var kept = (await store.FindEndAsync(id))!;
        Assert.Equal((first.State, first.Error, first.ContentType, first.EndedAt), (kept.State, kept.Error, kept.ContentType, kept.EndedAt));
        Assert.Equal("1"u8.ToArray(), kept.Result.ToArray());
        Assert.Empty(await store.OpenAsync(Shard));
    }

    [Fact]
    public async Task A_start_that_was_returned_does_not_count_as_a_crash()
    {
        var id = (await store.AcceptAsync(Row(Start), null)).Id;
        foreach (var mark in new[] { JobMark.Started, JobMark.Returned, JobMark.Started, JobMark.Started })
            await store.MarkAsync(id, mark);
        Assert.Equal(2, Assert.Single(await store.OpenAsync(Shard)).StartMarks);
    }

    [Fact]
    public async Task A_write_that_cannot_be_made_fails_alone_and_not_those_that_share_its_commit()
    {
        // The store is at work meanwhile, so that those behind share a commit.
        var busy = new ManualResetEventSlim();
        var blocked = database.WriteAsync(_ => Wait(busy));
        var bad = Row(Start);
        var before = store.AcceptAsync(Row(Start), null);
        var refused = store.AcceptAsync(bad with { Spec = bad.Spec with { ContentType = null! } }, null);
        var after = store.AcceptAsync(Row(Start), null);
        busy.Set();
        await blocked;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => refused);
        Assert.Equal(new[] { (await before).Id, (await after).Id }.ToHashSet(), (await store.OpenAsync(Shard)).Select(j => j.Id).ToHashSet());
    }

    private static bool Wait(ManualResetEventSlim signal)
    {
        signal.Wait();
        return true;
    }

    private static JobRow Row(DateTimeOffset at) =>
        new(JobId.New(at), Shard, new JobSpec("f", "application/json", "1"u8.ToArray(), ImmutableDictionary<string, string>.Empty), at);
}
