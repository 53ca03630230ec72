using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Group commit: what shares a batch, and what one write does to its neighbours.</summary>
public sealed class WriteTests
{
    [PostgresFact]
    public async Task Rows_come_back_as_they_were_written()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var due = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var options = new JobOptions
        {
            DueAt = due, ExpiresAt = due.AddDays(1), Priority = 1, Tags = ["a\"b", "c\\d", "{e,f}", "NULL", ""], TraceParent = "00-aa",
            Parameters = new Dictionary<string, string> { ["z"] = "ü", ["a"] = "\u0001" },
        };
        var plain = new JobRow(PostgresWorld.Id(claim, 1), PostgresWorld.Spec("plain"));
        var full = new JobRow(PostgresWorld.Id(claim, 2), new JobSpec("sum", "text/plain", "x"u8.ToArray(), options));

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write([plain, full])));

        var rows = (await store.ReadJobsAsync(claim.Number, [full.Id, plain.Id], default)).OrderBy(row => row.Id).ToList();
        Assert.Equal("plain"u8.ToArray(), rows[0].Spec.Input.ToArray());
        Assert.Equal("application/json", rows[0].Spec.ContentType);
        Assert.Null(rows[0].Spec.Options);
        Assert.Equal(("sum", "text/plain"), (rows[1].Spec.Function, rows[1].Spec.ContentType));
        Assert.Equal(options.Tags, rows[1].Spec.Options!.Tags);
        Assert.Equal(options.Parameters, rows[1].Spec.Options!.Parameters);
        Assert.Equal((due, due.AddDays(1), (byte)1), (rows[1].Spec.Options!.DueAt, rows[1].Spec.Options!.ExpiresAt, rows[1].Spec.Options!.Priority));
    }

    [PostgresFact]
    public async Task Writes_that_wait_share_a_commit()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        var before = store.Counters;

        await Task.WhenAll(Enumerable.Range(1, 200).Select(i => store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: i)))));

        Assert.Equal(200, store.Counters.Rows - before.Rows);
        Assert.InRange(store.Counters.Commits - before.Commits, 1, 60);
        Assert.Equal(2 * (store.Counters.Commits - before.Commits), store.Counters.Statements - before.Statements);
    }

    [PostgresFact]
    public async Task Write_under_an_old_epoch_is_refused_and_its_neighbours_are_not()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync(options: new PostgreSqlOptions { Writers = 1 });
        var zombie = await store.ClaimAsync("p/a/0");
        var other = await store.ClaimAsync("p/b/0");
        var owner = await store.ClaimAsync("p/a/0");

        var warm = store.WriteAsync(other.Write(PostgresWorld.Jobs(other, 1)));
        var refused = store.WriteAsync(zombie.Write(PostgresWorld.Jobs(zombie, 3), [PostgresWorld.End(PostgresWorld.Id(zombie, 0))]));
        var written = store.WriteAsync(other.Write(PostgresWorld.Jobs(other, 3, from: 1)));
        var owned = store.WriteAsync(owner.Write(PostgresWorld.Jobs(owner, 2)));

        Assert.Equal(
            [WriteOutcome.Written, WriteOutcome.Refused, WriteOutcome.Written, WriteOutcome.Written],
            [await warm, await refused, await written, await owned]);
        Assert.Equal(4L, world.Ask<long>($"SELECT count(*) FROM hearth.job WHERE shard = {other.Number}"));
        Assert.Equal(2L, world.Ask<long>($"SELECT count(*) FROM hearth.job WHERE shard = {owner.Number}"));
        Assert.Equal(0L, world.Ask<long>("SELECT count(*) FROM hearth.job_end"));
    }

    [PostgresFact]
    public async Task First_end_stays_and_a_stored_job_is_passed_over()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 3);
        await store.WriteAsync(claim.Write(jobs, [PostgresWorld.End(jobs[0].Id)]));

        Assert.Equal(
            WriteOutcome.Written,
            await store.WriteAsync(claim.Write(jobs, [PostgresWorld.End(jobs[0].Id, JobState.Failed), PostgresWorld.End(jobs[1].Id, JobState.Failed)])));

        Assert.Equal(JobState.Succeeded, (await store.FindEndAsync(jobs[0].Id, default))!.Value.State);
        Assert.Equal(JobState.Failed, (await store.FindEndAsync(jobs[1].Id, default))!.Value.State);
        Assert.Equal(3L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
    }

    [PostgresFact]
    public async Task A_writes_own_mistake_does_not_fail_its_neighbours()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync(options: new PostgreSqlOptions { Writers = 1 });
        var claim = await store.ClaimAsync();
        var warm = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        var good = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 2, from: 1)));
        var bad = store.WriteAsync(claim.Write([new JobRow(PostgresWorld.Id(claim, 9), PostgresWorld.Spec(options: new JobOptions { Priority = 9 }))]));
        var worse = store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Attempts = new JobAttemptRow[] { new(PostgresWorld.Id(claim, 1), 0, AttemptKind.Started, DateTimeOffset.UnixEpoch) },
        });
        var after = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 2, from: 3)));

        await Task.WhenAll(warm, good, after);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => bad);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => worse);
        Assert.Equal(5L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
    }

    [PostgresFact]
    public async Task Text_that_PostgreSQL_cannot_hold_is_replaced()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 1);
        var end = PostgresWorld.End(jobs[0].Id, JobState.Failed) with { Error = "a\0b\ud800c\ud83d\ude00" };

        await store.WriteAsync(claim.Write(jobs, [end]));

        Assert.Equal("a\ufffdb\ufffdc\ud83d\ude00", (await store.FindEndAsync(end.Id, default))!.Value.Error);
    }

    [PostgresFact]
    public async Task Queue_is_bounded()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync(options: new PostgreSqlOptions { Writers = 1, QueuedRowsMax = 100 });
        var claim = await store.ClaimAsync();
        using var holder = new Holder(world.ConnectionString, $"SELECT FROM hearth.shard WHERE id = {claim.Number} FOR UPDATE");
        var waiting = Enumerable.Range(0, 10).Select(i => store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 10, from: i * 10)))).ToList();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 10, from: 100))));

        holder.Release();
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.Equal(WriteOutcome.Written, outcome));
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 10, from: 100))));
    }

    [PostgresFact]
    public async Task Wrong_checksum_is_found()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(claim, 3);
        await store.WriteAsync(claim.Write(jobs, [PostgresWorld.End(jobs[2].Id)]));
        world.Execute($"UPDATE hearth.job SET input = 'other' WHERE id = '{jobs[1].Id.Value}'");
        world.Execute("UPDATE hearth.job_end SET result = 'other'");

        Assert.Single(await store.ReadJobsAsync(claim.Number, [jobs[0].Id], default));
        await Assert.ThrowsAsync<CorruptRowException>(() => store.ReadJobsAsync(claim.Number, [jobs[0].Id, jobs[1].Id], default));
        await Assert.ThrowsAsync<CorruptRowException>(() => store.FindEndAsync(jobs[2].Id, default));
    }
}
