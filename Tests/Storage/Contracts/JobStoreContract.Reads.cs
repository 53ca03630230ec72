using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Jobs one by one.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var claim = await ClaimAsync();
        var id = NextId(claim);
        Assert.Null(await Store.FindAsync(id, None));
        Assert.Null(await Store.FindEndAsync(id, None));
        Assert.Equal("", RowText.Of(await Store.HistoryAsync(id, None)));
        var nowhere = JobId.Create(1, 1, JobId.ShardEnd - 1, 1);
        Assert.Null(await Store.FindAsync(nowhere, None));
        Assert.Null(await Store.FindEndAsync(nowhere, None));
        Assert.Equal("", RowText.Of(await Store.HistoryAsync(nowhere, None)));
        Assert.Empty(await Store.ReadJobsAsync(JobId.ShardEnd - 1, [nowhere], None));
    }

    [Fact]
    public async Task Rows_are_read_by_id_and_those_not_there_are_left_out()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 5);
        await WriteAsync(claim, jobs);
        var rows = await Store.ReadJobsAsync(claim.Number, [jobs[3].Id, NextId(claim), jobs[1].Id], None);
        Assert.Equal(new[] { jobs[1], jobs[3] }.Select(RowText.Of), rows.OrderBy(r => r.Id).Select(RowText.Of));
        Assert.Empty(await Store.ReadJobsAsync(claim.Number, [], None));
    }

    [Fact]
    public async Task A_job_is_ready_until_it_ends()
    {
        var claim = await ClaimAsync();
        var options = new JobOptions { Priority = 2, Tags = ["a", "b"], RedriveOf = NextId(claim), ExpiresAt = Store.Now.AddDays(1) };
        var id = await AcceptAsync(claim, "work", options);
        var view = new JobView(id, "work", JobState.Ready)
        {
            Priority = 2, Tags = options.Tags, RedriveOf = options.RedriveOf, ExpiresAt = options.ExpiresAt,
        };
        Assert.Equal(RowText.Of(view), RowText.Of(await Store.FindAsync(id, None)));

        var end = End(id, JobState.Failed) with { Attempt = 4 };
        await WriteAsync(claim, ends: [end]);
        Assert.Equal(
            RowText.Of(view with
            {
                State = JobState.Failed, Attempt = 4, StartedAt = end.StartedAt, EndedAt = end.EndedAt, Error = "it broke", ErrorType = "Broken",
            }),
            RowText.Of(await Store.FindAsync(id, None)));
    }

    [Fact]
    public async Task A_job_that_succeeded_shows_the_type_of_its_result()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        await WriteAsync(claim, ends: [End(id) with { ContentType = "text/plain" }]);
        var view = (await Store.FindAsync(id, None))!;
        Assert.Equal((JobState.Succeeded, "text/plain", null), (view.State, view.ResultContentType, view.Error));
    }

    [Fact]
    public async Task A_job_that_is_not_due_is_scheduled_and_one_that_was_due_is_ready()
    {
        var claim = await ClaimAsync();
        var later = await AcceptAsync(claim, options: new JobOptions { DueAt = Store.Now.AddDays(2) });
        var now = await AcceptAsync(claim, options: new JobOptions { DueAt = Store.Now.AddDays(-2) });
        Assert.Equal(JobState.Scheduled, (await Store.FindAsync(later, None))!.State);
        Assert.Equal(JobState.Ready, (await Store.FindAsync(now, None))!.State);
    }

    [Fact]
    public async Task A_job_that_failed_and_waits_is_retrying_and_shows_why()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        var (started, next) = (Store.Now.AddMinutes(-1), Store.Now.AddDays(1));
        await WriteAsync(claim, attempts: [new JobAttemptRow(id, 1, AttemptKind.Failed, Store.Now, started, next, "no luck", "Unlucky")]);
        Assert.Equal(
            RowText.Of(new JobView(id, "f", JobState.Retrying) { Attempt = 1, StartedAt = started, DueAt = next, Error = "no luck", ErrorType = "Unlucky" }),
            RowText.Of(await Store.FindAsync(id, None)));

        await WriteAsync(claim, attempts: [new JobAttemptRow(id, 2, AttemptKind.Failed, Store.Now, started, Store.Now.AddDays(-1), "again", "Unlucky")]);
        var due = (await Store.FindAsync(id, None))!;
        Assert.Equal((JobState.Ready, 2, "again"), (due.State, due.Attempt, due.Error));
    }

    [Fact]
    public async Task A_snoozed_job_is_scheduled_again_and_keeps_its_failures()
    {
        var claim = await ClaimAsync();
        var (id, failed) = (await AcceptAsync(claim), await AcceptAsync(claim));
        var (failedUntil, snoozedUntil) = (StoredTime.Truncate(Store.Now.AddDays(1)), StoredTime.Truncate(Store.Now.AddDays(2)));
        await WriteAsync(claim, attempts:
        [
            new JobAttemptRow(id, 1, AttemptKind.Returned, Store.Now, Store.Now, snoozedUntil, "not yet"),
            new JobAttemptRow(failed, 1, AttemptKind.Failed, Store.Now, Store.Now, failedUntil, "no luck", "Unlucky"),
            new JobAttemptRow(failed, 2, AttemptKind.Returned, Store.Now, Store.Now, snoozedUntil, "not yet"),
        ]);
        await ReopenAsync();
        var view = (await Store.FindAsync(id, None))!;
        Assert.Equal((JobState.Scheduled, 1, null, (DateTimeOffset?)snoozedUntil), (view.State, view.Attempt, view.Error, view.DueAt));
        view = (await Store.FindAsync(failed, None))!;
        Assert.Equal((JobState.Scheduled, 2, "no luck", (DateTimeOffset?)snoozedUntil), (view.State, view.Attempt, view.Error, view.DueAt));
        var open = (await TakeOverAsync(claim)).ToDictionary(job => job.Id);
        Assert.Equal(new OpenJob(id, "f", 3, snoozedUntil, null, 1, 0, 0, IsSnoozed: true), open[id]);
        Assert.Equal(new OpenJob(failed, "f", 3, snoozedUntil, null, 2, 1, 0, IsSnoozed: true), open[failed]);

        // Failed again: the failure's own time counts.
        await WriteAsync(await ClaimAsync(claim.Key), attempts: [new JobAttemptRow(failed, 3, AttemptKind.Failed, Store.Now, Store.Now, failedUntil, "again", "Unlucky")]);
        view = (await Store.FindAsync(failed, None))!;
        Assert.Equal((JobState.Retrying, "again", (DateTimeOffset?)failedUntil), (view.State, view.Error, view.DueAt));
    }

    [Fact]
    public async Task A_started_mark_shows_when_the_attempt_started()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        var at = Store.Now.AddMinutes(-5);
        await WriteAsync(claim, attempts: [new JobAttemptRow(id, 3, AttemptKind.Started, at)]);
        Assert.Equal(
            RowText.Of(new JobView(id, "f", JobState.Ready) { Attempt = 3, StartedAt = at }), RowText.Of(await Store.FindAsync(id, None)));
    }

    [Fact]
    public async Task History_comes_in_the_order_in_which_it_was_written()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        var other = await AcceptAsync(claim);
        JobAttemptRow[] attempts =
        [
            new(id, 1, AttemptKind.Failed, Store.Now, Store.Now, Store.Now, "one", "One"),
            new(id, 2, AttemptKind.Started, Store.Now),
            new(id, 2, AttemptKind.Returned, Store.Now, Store.Now),
            new(id, 10, AttemptKind.Failed, Store.Now),
        ];
        var notes = Enumerable.Range(1, 12)
            .Select(n => new JobNoteRow(id, n, (NoteKind)(1 + (n % 3)), 1, Store.Now, $"note {n}")).ToArray();
        await WriteAsync(claim, attempts: attempts[..2], notes: notes[..5]);
        await WriteAsync(claim, attempts: [new JobAttemptRow(other, 1, AttemptKind.Started, Store.Now)], notes: [notes[0] with { Id = other }]);
        await WriteAsync(claim, attempts: attempts[2..], notes: notes[5..]);
        await ReopenAsync();
        Assert.Equal(RowText.Of(new JobHistory(attempts, notes)), RowText.Of(await Store.HistoryAsync(id, None)));
    }

    [Fact]
    public async Task A_damaged_input_is_told_and_its_neighbours_are_readable()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 3);
        await WriteAsync(claim, jobs);
        await stored.DamageInputAsync(jobs[1].Id);
        await ReopenAsync();
        await Assert.ThrowsAsync<CorruptRowException>(() => Store.ReadJobsAsync(claim.Number, [jobs[1].Id], None));
        await Assert.ThrowsAsync<CorruptRowException>(() => Store.ReadJobsAsync(claim.Number, [.. jobs.Select(j => j.Id)], None));
        Assert.Equal(2, (await Store.ReadJobsAsync(claim.Number, [jobs[0].Id, jobs[2].Id], None)).Count);
        Assert.Equal(3, (await RecoverAsync(await ClaimAsync(claim.Key))).Count);
    }

    [Fact]
    public async Task A_damaged_result_is_told_and_its_neighbours_are_readable()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 3);
        await WriteAsync(claim, jobs, ends: [.. jobs.Select(j => End(j.Id))]);
        await stored.DamageResultAsync(jobs[1].Id);
        await ReopenAsync();
        await Assert.ThrowsAsync<CorruptRowException>(() => Store.FindEndAsync(jobs[1].Id, None));
        Assert.NotNull(await Store.FindEndAsync(jobs[0].Id, None));
        Assert.NotNull(await Store.FindEndAsync(jobs[2].Id, None));
    }
}
