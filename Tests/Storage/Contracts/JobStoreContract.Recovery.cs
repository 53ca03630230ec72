using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What a new owner finds.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task A_new_shard_has_no_open_jobs() => Assert.Empty(await RecoverAsync(await ClaimAsync()));

    [Fact]
    public async Task Without_a_checkpoint_all_that_has_not_ended_is_open_oldest_first()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 20);
        await WriteAsync(claim, jobs);
        await WriteAsync(claim, ends: [End(jobs[0].Id), End(jobs[7].Id, JobState.Failed), End(jobs[19].Id, JobState.Cancelled)]);
        Assert.Equal(jobs.Select(j => j.Id).Except([jobs[0].Id, jobs[7].Id, jobs[19].Id]), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task With_a_checkpoint_the_open_ones_are_those_it_lists_and_those_after_it()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 10);
        await WriteAsync(claim, jobs, ends: [End(jobs[1].Id), End(jobs[2].Id)]);
        await CheckpointAsync(claim, jobs[5].Id, [jobs[0].Id, jobs[3].Id, jobs[4].Id, jobs[5].Id]);
        Assert.Equal(
            jobs.Select(j => j.Id).Except([jobs[1].Id, jobs[2].Id]), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task What_the_checkpoint_leaves_out_is_not_looked_at()
    {
        // The owner's word counts: recovery does work in proportion to what is open.
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 3);
        await WriteAsync(claim, jobs);
        await CheckpointAsync(claim, jobs[1].Id, [jobs[1].Id]);
        Assert.Equal([jobs[1].Id, jobs[2].Id], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_checkpoint_may_be_older_than_many_ends()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 5_000);
        await WriteAsync(claim, jobs);
        await CheckpointAsync(claim, jobs[3_999].Id, [.. jobs.Take(4_000).Select(j => j.Id)]);
        await WriteAsync(claim, ends: [.. jobs.Where((_, i) => i % 1_000 != 500).Select(j => End(j.Id))]);
        Assert.Equal(jobs.Where((_, i) => i % 1_000 == 500).Select(j => j.Id), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task The_last_checkpoint_counts()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 4);
        await WriteAsync(claim, jobs);
        await CheckpointAsync(claim, jobs[1].Id, [jobs[0].Id, jobs[1].Id]);
        await WriteAsync(claim, ends: [End(jobs[0].Id)]);
        await CheckpointAsync(claim, jobs[2].Id, [jobs[1].Id, jobs[2].Id]);
        await ReopenAsync();
        var next = await ClaimAsync(claim.Key);
        await CheckpointAsync(next, jobs[3].Id, [jobs[3].Id]);
        Assert.Equal([jobs[3].Id], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_checkpoint_of_nothing_leaves_what_is_after_it()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 2);
        await WriteAsync(claim, jobs, ends: [End(jobs[0].Id)]);
        await CheckpointAsync(claim, jobs[0].Id, []);
        Assert.Equal([jobs[1].Id], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_large_checkpoint_lists_each_job_once()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 20_000);
        foreach (var some in jobs.Chunk(10_000))
            await WriteAsync(claim, some);
        await CheckpointAsync(claim, jobs[^1].Id, [.. jobs.Select(j => j.Id)]);
        Assert.Equal(jobs.Select(j => j.Id), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_former_owner_writes_no_checkpoint()
    {
        var former = await ClaimAsync();
        var id = await AcceptAsync(former);
        await stored.ClaimAsStrangerAsync(former.Key);
        var outcome = await Store.WriteCheckpointAsync(new ShardCheckpoint(former.Number, former.Epoch, id, default, 99), None);
        Assert.Equal(WriteOutcome.Refused, outcome);
        await ReopenAsync();
        var owner = await ClaimAsync(former.Key);
        Assert.Equal(0, owner.InboxPosition);
        Assert.Equal([id], (await RecoverAsync(owner)).Select(j => j.Id));
    }

    [Fact]
    public async Task A_checkpoint_that_was_cut_short_is_as_if_it_had_not_been_made()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 9_000);
        await WriteAsync(claim, jobs);
        await CheckpointAsync(claim, jobs[0].Id, [jobs[0].Id], inboxPosition: 7);
        await stored.WritePartOfCheckpointAsync(new ShardCheckpoint(claim.Number, claim.Epoch, jobs[^1].Id, jobs.Select(j => j.Id).ToArray(), 9));
        await ReopenAsync();
        var next = await ClaimAsync(claim.Key);
        Assert.Equal(7, next.InboxPosition);
        Assert.Equal(jobs.Select(j => j.Id), (await RecoverAsync(next)).Select(j => j.Id));
        await CheckpointAsync(next, jobs[^1].Id, [jobs[^1].Id]);
        Assert.Equal([jobs[^1].Id], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_damaged_checkpoint_loses_no_job()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 5_000);
        await WriteAsync(claim, jobs, ends: [End(jobs[3].Id)]);
        var open = jobs.Select(j => j.Id).Except([jobs[3].Id]).ToArray();
        await CheckpointAsync(claim, jobs[^1].Id, open);
        await stored.DamageCheckpointAsync(claim.Number);
        Assert.Equal(open, await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_checkpoint_that_is_given_up_leaves_the_one_before()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 10);
        await WriteAsync(claim, jobs);
        await CheckpointAsync(claim, jobs[1].Id, [jobs[1].Id]);
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        try
        {
            await Store.WriteCheckpointAsync(new ShardCheckpoint(claim.Number, claim.Epoch, jobs[^1].Id, default, 0), given.Token);
            await CheckpointAsync(claim, jobs[1].Id, [jobs[1].Id]);
        }
        catch (OperationCanceledException)
        {
            // Too late to give up is as good.
        }

        Assert.Equal(jobs.Skip(1).Select(j => j.Id), await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task An_open_job_tells_what_its_owner_must_know()
    {
        var claim = await ClaimAsync();
        var options = new JobOptions { Priority = 1, DueAt = Store.Now.AddHours(1), ExpiresAt = Store.Now.AddHours(2), Tags = ["t"], Lenient = true, Key = "k \"1\"" };
        var plain = await AcceptAsync(claim, "plain");
        var full = await AcceptAsync(claim, "full", options);
        OpenJob[] expected =
        [
            new(plain, "plain", 3, null, null, 0, 0, 0),
            new(full, "full", 1, options.DueAt, options.ExpiresAt, 0, 0, 0, Key: options.Key),
        ];
        Assert.Equal(expected.Select(RowText.Of), (await TakeOverAsync(claim)).Select(RowText.Of));
        await CheckpointAsync(await ClaimAsync(claim.Key), full, [plain, full]);
        Assert.Equal(expected.Select(RowText.Of), (await TakeOverAsync(claim)).Select(RowText.Of));
    }

    [Fact]
    public async Task The_same_function_name_is_the_same_text()
    {
        var claim = await ClaimAsync();
        for (var i = 0; i < 3; i++)
            await AcceptAsync(claim, new string("function".AsSpan()));
        var open = await TakeOverAsync(claim);
        Assert.Same(open[0].Function, open[1].Function);
        Assert.Same(open[0].Function, open[2].Function);
    }

    [Theory]
    [InlineData("", 0, 0, 0, null)]
    [InlineData("1S", 1, 0, 1, null)]
    [InlineData("1S 1F", 1, 1, 0, 1)]
    [InlineData("1S 1R", 1, 0, 0, null)]
    [InlineData("1F", 1, 1, 0, 1)]
    [InlineData("1R", 1, 0, 0, null)]
    [InlineData("1F 2F", 2, 2, 0, 2)]
    [InlineData("1F 2R", 2, 1, 0, 1)]
    [InlineData("1F 2S", 2, 1, 1, 1)]
    [InlineData("1S 2S 3S", 3, 0, 3, null)]
    [InlineData("1S 2S 2F 3S", 3, 1, 2, 2)]
    [InlineData("1F 7F", 7, 2, 0, 7)]
    [InlineData("1S 1F 2S 2R 3S", 3, 1, 1, 1)]
    public async Task Attempts_add_up(string rows, int attempt, int failures, int crashes, int? lastFailed)
    {
        var claim = await ClaimAsync();
        var due = Store.Now.AddDays(9);
        var id = await AcceptAsync(claim, options: new JobOptions { DueAt = due });
        foreach (var row in rows.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var number = row[0] - '0';
            var kind = row[1] switch { 'S' => AttemptKind.Started, 'R' => AttemptKind.Returned, _ => AttemptKind.Failed };
            var failed = kind == AttemptKind.Failed;
            await WriteAsync(claim, attempts:
            [
                new JobAttemptRow(id, number, kind, Store.Now, null, failed ? due.AddHours(number) : null, failed ? "no" : null, failed ? "No" : null),
            ]);
        }

        var expected = new OpenJob(id, "f", 3, lastFailed is { } last ? due.AddHours(last) : due, null, attempt, failures, crashes);
        Assert.Equal(RowText.Of(expected), RowText.Of(Assert.Single(await TakeOverAsync(claim))));
        await CheckpointAsync(await ClaimAsync(claim.Key), id, [id]);
        Assert.Equal(RowText.Of(expected), RowText.Of(Assert.Single(await TakeOverAsync(claim))));
    }

    [Fact]
    public async Task A_failure_without_a_time_for_the_next_attempt_makes_it_due_at_once()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim, options: new JobOptions { DueAt = Store.Now.AddDays(1) });
        await WriteAsync(claim, attempts: [new JobAttemptRow(id, 1, AttemptKind.Failed, Store.Now)]);
        Assert.Null(Assert.Single(await TakeOverAsync(claim)).DueAt);
    }
}
