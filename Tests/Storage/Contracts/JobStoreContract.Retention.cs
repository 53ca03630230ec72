using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What is forgotten, and what never is.</summary>
public abstract partial class JobStoreContract
{
    [Theory]
    [InlineData(JobState.Succeeded, 40, true)]
    [InlineData(JobState.Cancelled, 40, true)]
    [InlineData(JobState.Failed, 40, true)]
    [InlineData(JobState.Succeeded, 6, false)]
    [InlineData(JobState.Cancelled, 6, false)]
    [InlineData(JobState.Failed, 20, false)]
    public async Task Ended_jobs_are_forgotten_in_time(JobState state, int daysAgo, bool isForgotten)
    {
        var claim = await ClaimAsync();
        var id = await OldJobAsync(claim, daysAgo);
        await WriteAsync(
            claim, ends: [End(id, state, id.At.AddMinutes(1))], attempts: [new JobAttemptRow(id, 1, AttemptKind.Failed, id.At)],
            notes: [new JobNoteRow(id, 1, NoteKind.Log, 1, id.At, "said")]);
        await Store.MaintainAsync(new Retention(), None);
        await ReopenAsync();
        Assert.Equal(isForgotten, await Store.FindAsync(id, None) is null);
        Assert.Equal(isForgotten, await Store.FindEndAsync(id, None) is null);
        Assert.Equal(isForgotten, (await Store.ReadJobsAsync(claim.Number, [id], None)).Count == 0);
        Assert.Equal(isForgotten, (await Store.HistoryAsync(id, None)) is { Attempts.Count: 0, Notes.Count: 0 });
        Assert.Equal(isForgotten, (await Store.ListAsync(new JobFilter([claim.Number]), None)).Jobs.Count == 0);
        Assert.Empty(await RecoverAsync(await ClaimAsync(claim.Key)));
    }

    [Fact]
    public async Task Open_jobs_are_never_forgotten()
    {
        var claim = await ClaimAsync();
        var (open, ended) = (await OldJobAsync(claim, 400), await OldJobAsync(claim, 399));
        var retrying = await OldJobAsync(claim, 398);
        await WriteAsync(
            claim, ends: [End(ended, at: ended.At)], attempts: [new JobAttemptRow(retrying, 1, AttemptKind.Failed, retrying.At)],
            notes: [new JobNoteRow(retrying, 1, NoteKind.Log, 1, retrying.At, "said")]);
        await Store.MaintainAsync(new Retention(TimeSpan.FromDays(1), TimeSpan.FromDays(1)), None);
        Assert.Equal([open, retrying], await TakeOverIdsAsync(claim));
        Assert.Equal((1, 1), (await Store.HistoryAsync(retrying, None)) is var history ? (history.Attempts.Count, history.Notes.Count) : default);
        Assert.Equal(2, (await Store.ReadJobsAsync(claim.Number, [open, retrying], None)).Count);
    }

    [Fact]
    public async Task What_counts_is_when_a_job_ended()
    {
        var claim = await ClaimAsync();
        var id = await OldJobAsync(claim, 400);
        await WriteAsync(claim, ends: [End(id)]);
        await Store.MaintainAsync(new Retention(), None);
        Assert.NotNull(await Store.FindEndAsync(id, None));
    }

    [Fact]
    public async Task How_long_is_for_operators_to_say()
    {
        var claim = await ClaimAsync();
        var (succeeded, failed) = (await OldJobAsync(claim, 41), await OldJobAsync(claim, 40));
        await WriteAsync(claim, ends: [End(succeeded, at: succeeded.At), End(failed, JobState.Failed, failed.At)]);
        await Store.MaintainAsync(new Retention(TimeSpan.FromDays(50), TimeSpan.FromDays(10)), None);
        Assert.NotNull(await Store.FindEndAsync(succeeded, None));
        Assert.Null(await Store.FindEndAsync(failed, None));
    }

    [Fact]
    public async Task Each_state_has_a_time_of_its_own_and_a_shard_can_have_others()
    {
        var (one, other) = (await ClaimAsync(), await ClaimAsync());
        var days = new Retention(TimeSpan.FromDays(45), TimeSpan.FromDays(60), TimeSpan.FromDays(35))
        {
            Shards = new Dictionary<int, Retention> { [other.Number] = new(TimeSpan.FromDays(35), TimeSpan.FromDays(35), TimeSpan.FromDays(60)) },
        };
        var kept = new List<JobId>();
        var forgotten = new List<JobId>();
        foreach (var (claim, state, isKept) in new[]
        {
            (one, JobState.Succeeded, true), (one, JobState.Failed, true), (one, JobState.Cancelled, false),
            (other, JobState.Succeeded, false), (other, JobState.Failed, false), (other, JobState.Cancelled, true),
        })
        {
            var id = await OldJobAsync(claim, 40);
            await WriteAsync(claim, ends: [End(id, state, id.At)]);
            (isKept ? kept : forgotten).Add(id);
        }

        await Store.MaintainAsync(days, None);
        foreach (var id in kept)
            Assert.NotNull(await Store.FindAsync(id, None));
        foreach (var id in forgotten)
            Assert.Null(await Store.FindAsync(id, None));
    }

    [Fact]
    public async Task Ended_jobs_are_forgotten_at_once_when_that_is_asked_for()
    {
        var claim = await ClaimAsync();
        var (open, old, young) = (await AcceptAsync(claim), await OldJobAsync(claim, 40), await AcceptAsync(claim));
        var other = await AcceptAsync(claim);
        var key = new JobKeyRow(JobKeyKind.Idempotency, Hash("k"), young, 1, Hash("b"));
        var post = await PostAsync(claim, claim);
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)], [key], [End(old, at: old.At), End(young, JobState.Failed), End(other, JobState.Cancelled), End(post.Id)],
            [new JobAttemptRow(young, 1, AttemptKind.Failed, young.At)], [new JobNoteRow(young, 1, NoteKind.Log, 1, young.At, "said")]);
        var strange = NextId(claim);
        var asked = new[] { post.Id, young, strange, open, old, young };
        Assert.Equal(new[] { old, young, post.Id }.Order(), (await Store.ForgetAsync(claim.Number, asked, None)).Order());
        Assert.Empty(await Store.ForgetAsync(claim.Number, asked, None));
        Assert.Empty(await Store.ForgetAsync(claim.Number, [], None));
        await ReopenAsync();
        Assert.Null(await Store.FindAsync(young, None));
        Assert.Null(await Store.FindEndAsync(young, None));
        Assert.Equal((0, 0), (await Store.HistoryAsync(young, None)) is var history ? (history.Attempts.Count, history.Notes.Count) : default);
        Assert.NotNull(await Store.FindEndAsync(other, None));
        Assert.Equal(new[] { open, other }.Order(), (await Store.ListAsync(new JobFilter([claim.Number]), None)).Jobs.Select(j => j.Id).Order());
        Assert.Single(await Store.FindKeysAsync(claim.Number, JobKeyKind.Idempotency, [Hash("k")], Store.Now - JobLimits.KeyWindow, None));
        Assert.Empty((await Store.ReadInboxAsync(claim.Number, 0, None)).Rows);
        Assert.Equal([open], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task The_highest_id_is_known_even_when_its_job_was_forgotten_at_once()
    {
        var claim = await ClaimAsync();
        var (first, last) = (await AcceptAsync(claim), await AcceptAsync(claim));
        await WriteAsync(claim, ends: [End(first), End(last)]);
        Assert.Equal(2, (await Store.ForgetAsync(claim.Number, [last, first], None)).Count);
        await ReopenAsync();
        Assert.Equal(last, (await ClaimAsync(claim.Key)).LastId);
    }

    [Fact]
    public async Task A_key_outlives_its_job_for_its_window()
    {
        var claim = await ClaimAsync();
        var id = NextId(claim, Store.Now.AddHours(-20));
        var key = new JobKeyRow(JobKeyKind.Idempotency, Hash("k"), id, 1, Hash("b"));
        await WriteAsync(claim, [new JobRow(id, Spec())], [key], [End(id, at: id.At)]);
        await Store.MaintainAsync(new Retention(TimeSpan.FromHours(1), TimeSpan.FromHours(1)), None);
        var found = await Store.FindKeysAsync(claim.Number, JobKeyKind.Idempotency, [Hash("k")], Store.Now - JobLimits.KeyWindow, None);
        Assert.Equal(RowText.Of(key), RowText.Of(Assert.Single(found)));
    }

    [Fact]
    public async Task A_submission_does_not_come_back_when_its_job_is_forgotten()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim, Store.Now.AddDays(-40));
        var waiting = await PostAsync(claim, claim, Store.Now.AddDays(-40));
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)], ends: [End(post.Id, at: post.Id.At)]);
        await Store.MaintainAsync(new Retention(), None);
        await Store.MaintainAsync(new Retention(), None);
        Assert.Equal(waiting.Id, Assert.Single((await Store.ReadInboxAsync(claim.Number, 0, None)).Rows).Job.Id);
        Assert.Empty(await TakeOverAsync(claim));
    }

    [Fact]
    public async Task A_position_stays_good_when_the_inbox_was_emptied()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim, Store.Now.AddDays(-40));
        var position = (await Store.ReadInboxAsync(claim.Number, 0, None)).Position;
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)], ends: [End(post.Id, at: post.Id.At)]);
        await Store.MaintainAsync(new Retention(), None);
        await ReopenAsync();
        var next = await PostAsync(claim, claim);
        Assert.Equal(next.Id, Assert.Single((await Store.ReadInboxAsync(claim.Number, position, None)).Rows).Job.Id);
    }

    [Fact]
    public async Task The_highest_id_is_known_even_when_its_job_is_forgotten()
    {
        var claim = await ClaimAsync();
        var id = await OldJobAsync(claim, 40);
        await WriteAsync(claim, ends: [End(id, at: id.At)]);
        await Store.MaintainAsync(new Retention(), None);
        await ReopenAsync();
        Assert.Null(await Store.FindAsync(id, None));
        Assert.Equal(id, (await ClaimAsync(claim.Key)).LastId);
    }

    [Fact]
    public async Task A_checkpoint_that_lists_what_was_forgotten_is_no_harm()
    {
        var claim = await ClaimAsync();
        var (open, ended) = (await OldJobAsync(claim, 42), await OldJobAsync(claim, 41));
        await CheckpointAsync(claim, ended, [open, ended]);
        await WriteAsync(claim, ends: [End(ended, at: ended.At)]);
        await Store.MaintainAsync(new Retention(), None);
        Assert.Equal([open], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task Many_old_jobs_are_forgotten_and_the_new_ones_stay()
    {
        var claim = await ClaimAsync();
        var old = Enumerable.Range(0, 5_000).Select(_ => new JobRow(NextId(claim, Store.Now.AddDays(-40)), Spec())).OrderBy(j => j.Id).ToArray();
        var young = NextJobs(claim, 1_000);
        await WriteAsync(claim, [.. old, .. young], ends: [.. old.Select(j => End(j.Id, at: j.Id.At)), .. young.Select(j => End(j.Id))]);
        await Store.MaintainAsync(new Retention(), None);
        Assert.Empty(await Store.ReadJobsAsync(claim.Number, [.. old.Select(j => j.Id)], None));
        Assert.Equal(1_000, (await Store.ReadJobsAsync(claim.Number, [.. young.Select(j => j.Id)], None)).Count);
    }

    private async Task<JobId> OldJobAsync(ShardClaim claim, int daysAgo)
    {
        var id = NextId(claim, Store.Now.AddDays(-daysAgo));
        await WriteAsync(claim, [new JobRow(id, Spec())]);
        return id;
    }
}
