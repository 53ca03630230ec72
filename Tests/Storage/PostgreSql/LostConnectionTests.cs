using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>What became of a commit whose connection was lost is found out, or said not to be known.</summary>
public sealed class LostConnectionTests
{
    [PostgresFact]
    public async Task Rows_whose_commit_was_not_answered_are_there_once()
    {
        await using var world = await PostgresWorld.NewAsync();
        await using var proxy = PostgresProxy.Start(PostgresServer.Shared.Port);
        var store = await OpenThroughAsync(world, proxy);
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        var lost = proxy.LoseReply("hearth.job ");

        var jobs = PostgresWorld.Jobs(claim, 3, from: 1);
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(jobs, [PostgresWorld.End(jobs[0].Id)])));

        await lost;
        Assert.Equal(4L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
        Assert.Equal(1L, world.Ask<long>("SELECT count(*) FROM hearth.job_end"));
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 9))));
    }

    [PostgresFact]
    public async Task Rows_that_never_arrived_are_sent_again()
    {
        await using var world = await PostgresWorld.NewAsync();
        await using var proxy = PostgresProxy.Start(PostgresServer.Shared.Port);
        var store = await OpenThroughAsync(world, proxy);
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        var lost = proxy.LoseRequest("hearth.job ");

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 3, from: 1))));

        await lost;
        Assert.Equal(4L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
    }

    [PostgresFact]
    public async Task Terminated_session_is_sent_again()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync("silo-x");
        var claim = await store.ClaimAsync(owner: "silo-x");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: i))));
            world.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'silo-x'");
        }

        Assert.Equal(5L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
        Assert.Equal(5, (await store.ReadJobsAsync(claim.Number, [.. PostgresWorld.Jobs(claim, 5).Select(job => job.Id)], default)).Count);
    }

    [PostgresFact]
    public async Task Committed_write_of_a_shard_that_was_taken_over_meanwhile_is_told_as_written()
    {
        Assert.Equal(WriteOutcome.Written, await TakenOverInDoubtAsync(proxy => proxy.LoseReply("hearth.job "), jobsThere: 3));
    }

    [PostgresFact]
    public async Task Lost_write_of_a_shard_that_was_taken_over_meanwhile_is_refused()
    {
        Assert.Equal(WriteOutcome.Refused, await TakenOverInDoubtAsync(proxy => proxy.LoseRequest("hearth.job "), jobsThere: 1));
    }

    [PostgresFact]
    public async Task Outcome_that_cannot_be_found_out_in_time_is_said_to_be_unknown()
    {
        await using var world = await PostgresWorld.NewAsync();
        await using var proxy = PostgresProxy.Start(PostgresServer.Shared.Port);
        var store = await OpenThroughAsync(world, proxy, new PostgreSqlOptions { UnknownFor = TimeSpan.FromSeconds(1) });
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        proxy.HoldReplies();
        var unknown = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 1)));
        await Eventually.TrueAsync(() => world.Ask<long>("SELECT count(*) FROM hearth.job") == 2);

        proxy.Refuse();

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => unknown);
        Assert.IsNotType<OutcomeUnknownException>(
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 2)))));
    }

    [PostgresFact]
    public async Task What_a_shard_wrote_after_a_write_whose_outcome_is_unknown_is_not_stored()
    {
        await using var world = await PostgresWorld.NewAsync();
        await using var proxy = PostgresProxy.Start(PostgresServer.Shared.Port);
        var store = await OpenThroughAsync(world, proxy, new PostgreSqlOptions { UnknownFor = TimeSpan.Zero, Writers = 1 });
        var claim = await store.ClaimAsync("p/a/0");
        var other = await store.ClaimAsync("p/b/0");
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        proxy.HoldReplies();
        var unknown = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 1)));
        await Eventually.TrueAsync(() => world.Ask<long>("SELECT count(*) FROM hearth.job") == 2);
        var later = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 2)));
        var others = store.WriteAsync(other.Write(PostgresWorld.Jobs(other, 1)));

        proxy.Cut();
        proxy.Heal();

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => unknown);
        Assert.IsNotType<OutcomeUnknownException>(await Assert.ThrowsAsync<StoreUnavailableException>(() => later));
        Assert.Equal(WriteOutcome.Written, await others);
        Assert.Equal(2L, world.Ask<long>($"SELECT count(*) FROM hearth.job WHERE shard = {claim.Number}"));
    }

    [PostgresFact]
    public async Task Database_that_is_away_refuses_and_comes_back()
    {
        using var server = new PostgresServer();
        await using var world = PostgresWorld.Empty(server);
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        server.Crash();

        // The first finds a dead connection, and cannot know; it is found out once the database is back.
        var inDoubt = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, from: 1)));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.FindAsync(PostgresWorld.Id(claim, 0), default));
        server.Start();

        Assert.Equal(WriteOutcome.Written, await inDoubt);
        Assert.NotNull(await store.FindAsync(PostgresWorld.Id(claim, 1), default));
    }

    private static async Task<WriteOutcome> TakenOverInDoubtAsync(Func<PostgresProxy, Task> lose, long jobsThere)
    {
        await using var world = await PostgresWorld.NewAsync();
        await using var proxy = PostgresProxy.Start(PostgresServer.Shared.Port);
        var second = await world.OpenAsync("silo-2");
        var store = await OpenThroughAsync(world, proxy);
        var claim = await store.ClaimAsync();
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1)));
        var lost = lose(proxy);
        var write = store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 2, from: 1)));
        await lost;
        proxy.Refuse();
        await second.ClaimAsync(owner: "silo-2");
        proxy.Heal();

        var outcome = await write;
        Assert.Equal(jobsThere, world.Ask<long>("SELECT count(*) FROM hearth.job"));
        return outcome;
    }

    private static async Task<PostgreSqlJobStore> OpenThroughAsync(PostgresWorld world, PostgresProxy proxy, PostgreSqlOptions? options = null)
    {
        var direct = world.ConnectionString;
        world.ConnectionString = direct.Replace($"Port={PostgresServer.Shared.Port}", $"Port={proxy.Port}");
        var store = await world.OpenAsync(options: options);
        world.ConnectionString = direct;
        return store;
    }
}
