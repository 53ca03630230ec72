using System.Diagnostics;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>A claim raises the epoch; it ends the sessions of the former owner that it waits for, and nobody else's.</summary>
public sealed class ClaimTests
{
    private const string HoldShard = "SELECT FROM hearth.shard FOR SHARE";

    [PostgresFact]
    public async Task Claim_ends_a_session_of_the_former_owner_that_holds_the_shard()
    {
        await using var world = await PostgresWorld.NewAsync();
        var former = await world.OpenAsync("silo-1");
        var old = await former.ClaimAsync(owner: "silo-1");
        await former.WriteAsync(old.Write(PostgresWorld.Jobs(old, 1)));
        var next = await world.OpenAsync("silo-2");
        using var stopped = new Holder(world.ConnectionString, HoldShard, "silo-1");

        var clock = Stopwatch.StartNew();
        var claim = await next.ClaimAsync(owner: "silo-2");

        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));
        Assert.Equal((old.Epoch + 1, false, old.Number), (claim.Epoch, claim.WasClean, claim.Number));
        Assert.False(stopped.IsAlive());
        Assert.Equal(WriteOutcome.Refused, await former.WriteAsync(old.Write(PostgresWorld.Jobs(old, 1, from: 1))));
    }

    [PostgresFact]
    public async Task Claim_waits_for_a_strangers_session()
    {
        await using var world = await PostgresWorld.NewAsync();
        var former = await world.OpenAsync("silo-1");
        await former.ClaimAsync(owner: "silo-1");
        var next = await world.OpenAsync("silo-2");
        using var stranger = new Holder(world.ConnectionString, HoldShard);

        var claiming = next.ClaimAsync(owner: "silo-2");
        await Task.WhenAny(claiming, Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System));

        Assert.False(claiming.IsCompleted);
        Assert.True(stranger.IsAlive());
        stranger.Release();
        Assert.Equal(2, (await claiming).Epoch);
    }

    [PostgresFact]
    public async Task Planned_claim_ends_nobody()
    {
        await using var world = await PostgresWorld.NewAsync();
        var former = await world.OpenAsync("silo-1");
        await former.ClaimAsync(owner: "silo-1");
        var next = await world.OpenAsync("silo-2");
        using var writing = new Holder(world.ConnectionString, HoldShard, "silo-1");

        var claiming = next.ClaimAsync(owner: "silo-2", isPlanned: true);
        await Task.WhenAny(claiming, Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System));

        Assert.False(claiming.IsCompleted);
        Assert.True(writing.IsAlive());
        writing.Release();
        await claiming;
    }

    [PostgresFact]
    public async Task Long_names_of_owners_are_told_apart_and_found_again()
    {
        await using var world = await PostgresWorld.NewAsync();
        var name = new string('x', 70);
        var former = await world.OpenAsync(name + "1");
        await former.ClaimAsync(owner: name + "1");
        var session = world.Ask<string>("SELECT session FROM hearth.shard");
        var next = await world.OpenAsync(name + "2");
        using var stopped = new Holder(world.ConnectionString, HoldShard, session);

        await next.ClaimAsync(owner: name + "2");

        Assert.False(stopped.IsAlive());
        Assert.NotEqual(session, world.Ask<string>("SELECT session FROM hearth.shard"));
    }

    [PostgresFact]
    public async Task Zombies_batch_that_was_waiting_at_takeover_is_refused()
    {
        await using var world = await PostgresWorld.NewAsync();
        var former = await world.OpenAsync("silo-1");
        var old = await former.ClaimAsync(owner: "silo-1");
        // A claim in the making holds the row; the zombie's batch comes before it commits.
        using var claiming = new Holder(world.ConnectionString, $"UPDATE hearth.shard SET epoch = epoch + 1 WHERE id = {old.Number}");
        var zombie = former.WriteAsync(old.Write(PostgresWorld.Jobs(old, 3)));
        await Eventually.TrueAsync(() => world.Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 1);

        claiming.Release();

        Assert.Equal(WriteOutcome.Refused, await zombie);
        Assert.Equal(0L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
    }

    [PostgresFact]
    public async Task Released_shard_is_clean_for_the_next()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var first = await store.ClaimAsync();
        var jobs = PostgresWorld.Jobs(first, 5);
        await store.WriteAsync(first.Write(jobs));

        Assert.Equal(WriteOutcome.Refused, await store.ReleaseAsync(first.Number, first.Epoch - 1));
        Assert.Equal(WriteOutcome.Written, await store.ReleaseAsync(first.Number, first.Epoch));

        var second = await store.ClaimAsync();
        Assert.True(first.WasClean);
        Assert.True(second.WasClean);
        Assert.Equal((default, jobs[^1].Id), (first.LastId, second.LastId));
        Assert.False((await store.ClaimAsync()).WasClean);
        Assert.Equal(3, Assert.Single(await store.ShardsAsync(default)).Epoch);
    }

    [PostgresFact]
    public async Task Shards_are_bounded()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        world.Execute($"ALTER TABLE hearth.shard ALTER id RESTART {JobLimits.ShardsMax}");

        Assert.Equal(JobLimits.ShardsMax, (await store.ClaimAsync("p/last/0")).Number);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ClaimAsync("p/one-more/0"));
        Assert.Contains("20000 shards", refused.Message);
        Assert.Equal(2, (await store.ClaimAsync("p/last/0")).Epoch);
    }
}
