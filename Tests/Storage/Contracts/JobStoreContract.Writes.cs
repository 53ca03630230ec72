using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What is written, and what stays.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 3);
        await WriteAsync(claim, jobs, ends: [End(jobs[0].Id)]);
        await ReopenAsync();
        Assert.Equal(jobs.Select(RowText.Of), (await Read(claim, jobs)).Select(RowText.Of));
        Assert.Equal(RowText.Of(End(jobs[0].Id) with { StartedAt = null, EndedAt = default }), RowText.Of(
            (await Store.FindEndAsync(jobs[0].Id, None))!.Value with { StartedAt = null, EndedAt = default }));
    }

    [Fact]
    public async Task The_first_end_stays()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        var first = End(id);
        await WriteAsync(claim, ends: [first]);
        await WriteAsync(claim, ends: [End(id, JobState.Failed, Store.Now.AddHours(1))]);
        await ReopenAsync();
        await WriteAsync(await ClaimAsync(claim.Key), ends: [End(id, JobState.Cancelled)]);
        Assert.Equal(RowText.Of(first), RowText.Of(await Store.FindEndAsync(id, None)));
    }

    [Fact]
    public async Task The_first_of_two_ends_in_one_write_stays()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        await WriteAsync(claim, ends: [End(id, JobState.Failed), End(id)]);
        Assert.Equal(JobState.Failed, (await Store.FindEndAsync(id, None))!.Value.State);
    }

    [Fact]
    public async Task A_job_that_is_stored_already_is_passed_over_and_the_rest_is_written()
    {
        var claim = await ClaimAsync();
        var known = NextJob(claim, "first");
        await WriteAsync(claim, [known]);
        var next = NextJob(claim);
        await WriteAsync(claim, [known with { Spec = Spec("second") }, next]);
        Assert.Equal([RowText.Of(known), RowText.Of(next)], (await Read(claim, [known, next])).Select(RowText.Of));
    }

    [Fact]
    public async Task The_same_write_twice_is_the_same_as_once()
    {
        var claim = await ClaimAsync();
        var other = await ClaimAsync();
        var (open, ended) = (NextJob(claim), NextJob(claim));
        var post = new InboxPost(other.Number, InboxIds.Create(Store.Now, other.Number), Spec());
        for (var i = 0; i < 2; i++)
        {
            await WriteAsync(
                claim, [open, ended], [new JobKeyRow(JobKeyKind.Unique, Hash("k"), open.Id, 1, default)], [End(ended.Id)],
                [new JobAttemptRow(open.Id, 1, AttemptKind.Failed, Store.Now)], [new JobNoteRow(open.Id, 1, NoteKind.Log, 1, Store.Now, "n")], [post]);
        }

        var history = await Store.HistoryAsync(open.Id, None);
        Assert.Equal((1, 1), (history.Attempts.Count, history.Notes.Count));
        Assert.Single((await Store.ReadInboxAsync(other.Number, 0, None)).Rows);
        Assert.Single(await Store.FindKeysAsync(claim.Number, JobKeyKind.Unique, [Hash("k")], Store.Now.AddDays(-1), None));
        Assert.Equal(1, Assert.Single(await TakeOverAsync(claim)).Failures);
    }

    [Fact]
    public async Task Writes_of_a_shard_are_committed_in_the_order_of_the_calls()
    {
        var claims = new[] { await ClaimAsync(), await ClaimAsync(), await ClaimAsync() };
        var ids = new List<JobId>();
        foreach (var claim in claims)
            ids.Add(await AcceptAsync(claim));
        var writes = Enumerable.Range(0, 300)
            .Select(i => TryWriteAsync(claims[i % 3], ends: [End(ids[i % 3], JobState.Failed) with { Error = $"call {i}" }])).ToList();
        Assert.All(await Task.WhenAll(writes), outcome => Assert.Equal(WriteOutcome.Written, outcome));
        for (var i = 0; i < 3; i++)
            Assert.Equal($"call {i}", (await Store.FindEndAsync(ids[i], None))!.Value.Error);
    }

    [Fact]
    public async Task A_job_is_stored_before_what_is_called_later_is()
    {
        // What is there of a shard's jobs is always the first so many.
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 400);
        var writes = jobs.Select(job => TryWriteAsync(claim, [job])).ToList();
        while (!writes[^1].IsCompleted)
        {
            var there = (await Read(claim, [.. jobs.Reverse()])).Select(j => j.Id).ToHashSet();
            Assert.Equal(there, jobs.Take(there.Count).Select(j => j.Id).ToHashSet());
        }

        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ClaimAsync()));
        var jobs = claims.Select(claim => NextJobs(claim, 250)).ToArray();
        await Task.WhenAll(claims.SelectMany((claim, i) => jobs[i].Select(job => WriteAsync(claim, [job], ends: [End(job.Id)]))));
        await ReopenAsync();
        for (var i = 0; i < claims.Length; i++)
        {
            Assert.Equal(250, (await Read(claims[i], jobs[i])).Count);
            Assert.Empty(await RecoverAsync(await ClaimAsync(claims[i].Key)));
        }
    }

    [Fact]
    public async Task A_write_of_ten_thousand_jobs_is_whole()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, JobLimits.RequestJobsMax);
        await WriteAsync(claim, jobs, ends: [.. jobs.Where((_, i) => i % 2 == 0).Select(j => End(j.Id))]);
        Assert.Equal(jobs.Where((_, i) => i % 2 == 1).Select(j => j.Id), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_write_of_nothing_tells_whether_the_epoch_stands()
    {
        var former = await ClaimAsync();
        Assert.Equal(WriteOutcome.Written, await TryWriteAsync(former));
        await ClaimAsync(former.Key);
        Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(former));
    }

    private async Task<IReadOnlyList<JobRow>> Read(ShardClaim claim, JobRow[] jobs) =>
        [.. (await Store.ReadJobsAsync(claim.Number, [.. jobs.Select(j => j.Id)], None)).OrderBy(j => j.Id)];
}
