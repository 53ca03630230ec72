using Hearth.Storage;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>What a new owner reads: the last complete checkpoint and what follows it, in work proportional to what is open.</summary>
public sealed class RecoveryTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [PostgresFact]
    public async Task Open_jobs_come_oldest_first_with_their_attempts()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 12_000);
        var retryAt = Start.AddMinutes(5);
        await store.WriteAsync(claim.Write(jobs, [.. jobs.Where((_, i) => i % 3 == 0).Select(job => PostgresWorld.End(job.Id))]));
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Attempts = new JobAttemptRow[]
            {
                new(jobs[1].Id, 1, AttemptKind.Failed, Start, Start, Start.AddMinutes(1), "no"), new(jobs[1].Id, 2, AttemptKind.Started, Start),
                new(jobs[1].Id, 2, AttemptKind.Failed, Start, Start, retryAt, "no"), new(jobs[1].Id, 3, AttemptKind.Started, Start),
                new(jobs[11_999].Id, 1, AttemptKind.Started, Start), new(jobs[11_999].Id, 1, AttemptKind.Returned, Start, Start),
            },
        });

        var open = await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync());

        Assert.Equal(jobs.Where((_, i) => i % 3 != 0).Select(job => job.Id), open.Select(job => job.Id));
        Assert.Equal((3, 2, 1, retryAt), (open[0].Attempt, open[0].Failures, open[0].Crashes, open[0].DueAt));
        Assert.Equal((1, 0, 0, null), (open[^1].Attempt, open[^1].Failures, open[^1].Crashes, open[^1].DueAt));
        Assert.Same(open[0].Function, open[^1].Function);
    }

    [PostgresFact]
    public async Task Checkpoint_is_read_with_what_follows_and_older_ones_are_forgotten()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 25_000);
        await store.WriteAsync(claim.Write(jobs[..24_000]));
        await store.WriteCheckpointAsync(Checkpoint(claim, jobs[23_999], jobs[..100]), default);
        Assert.Equal(
            WriteOutcome.Written, await store.WriteCheckpointAsync(Checkpoint(claim, jobs[23_999], jobs[1..24_000]), default));
        await store.WriteAsync(claim.Write(jobs[24_000..], [PostgresWorld.End(jobs[5].Id), PostgresWorld.End(jobs[24_500].Id)]));

        var open = await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync());

        Assert.Equal(jobs[1..].Where((_, i) => i is not 4 and not 24_499).Select(job => job.Id), open.Select(job => job.Id));
        Assert.Equal(6L, world.Ask<long>("SELECT count(*) FROM hearth.shard_checkpoint"));
    }

    [PostgresFact]
    public async Task Checkpoint_of_a_former_owner_is_refused_and_its_parts_mean_nothing()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var old = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(old, 3);
        await store.WriteAsync(old.Write(jobs));
        var claim = await store.ClaimAsync();

        Assert.Equal(WriteOutcome.Refused, await store.WriteCheckpointAsync(Checkpoint(old, jobs[2], jobs[..1]), default));

        Assert.Equal(3, (await PostgresWorld.OpenJobsAsync(store, claim)).Count);
    }

    [PostgresFact]
    public async Task Part_of_a_checkpoint_that_is_damaged_or_lost_loses_no_job()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 3);
        await store.WriteAsync(claim.Write(jobs));
        await store.WriteCheckpointAsync(Checkpoint(claim, jobs[2], jobs), default);

        world.Execute("UPDATE hearth.shard_checkpoint SET ids = set_byte(ids, 5, 77)");
        Assert.Equal(3, (await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync())).Count);

        world.Execute("DELETE FROM hearth.shard_checkpoint");
        Assert.Equal(3, (await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync())).Count);
    }

    [PostgresFact]
    public async Task Job_of_the_inbox_that_was_stored_under_an_old_id_after_the_checkpoint_is_there()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var early = new InboxPost(claim.Number, InboxIds.Create(Start.AddHours(-1), claim.Number), PostgresWorld.Spec("early"));
        var late = new InboxPost(claim.Number, InboxIds.Create(Start.AddHours(-1), claim.Number), PostgresWorld.Spec("late"));
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Posts = new[] { early } });
        var page = await store.ReadInboxAsync(claim.Number, 0, default);
        var jobs = PostgresWorld.Jobs(claim, 2);
        await store.WriteAsync(claim.Write([.. page.Rows.Select(row => row.Job), .. jobs]));
        await store.WriteCheckpointAsync(
            new ShardCheckpoint(claim.Number, claim.Epoch, jobs[1].Id, new[] { early.Id, jobs[1].Id }, page.Position), default);
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Posts = new[] { late } });
        await store.WriteAsync(claim.Write([.. (await store.ReadInboxAsync(claim.Number, page.Position, default)).Rows.Select(row => row.Job)]));

        var open = await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync());

        Assert.Equal(new[] { early.Id, jobs[1].Id, late.Id }.Order(), open.Select(job => job.Id).Order());
    }

    [PostgresFact]
    public async Task What_the_new_owner_accepts_meanwhile_is_not_read()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var old = await store.ClaimAsync();
        await store.WriteAsync(old.Write(PostgresWorld.Jobs(old, 3)));
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 3, Start.AddSeconds(1))));

        Assert.Equal(3, (await PostgresWorld.OpenJobsAsync(store, claim)).Count);
    }

    private static ShardCheckpoint Checkpoint(ShardClaim claim, JobRow upTo, JobRow[] open) =>
        new(claim.Number, claim.Epoch, upTo.Id, open.Select(job => job.Id).ToArray(), 0);
}
