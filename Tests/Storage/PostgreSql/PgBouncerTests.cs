using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>All works behind a pooler in transaction mode, which is found out by itself.</summary>
public sealed class PgBouncerTests
{
    [PgBouncerFact]
    public async Task Store_works_behind_PgBouncer_in_transaction_mode()
    {
        using var bouncer = new PgBouncerServer(PostgresServer.Shared);
        await using var world = await PostgresWorld.NewAsync();
        var direct = world.ConnectionString;
        world.ConnectionString = direct.Replace($"Port={PostgresServer.Shared.Port}", $"Port={bouncer.Port}");
        var former = await world.OpenAsync("silo-1");
        Assert.True((await world.OpenDatabaseAsync()).IsPooled);
        var old = await former.ClaimAsync(owner: "silo-1");

        var writes = Enumerable.Range(0, 300).Select(i => former.WriteAsync(old.Write(
            PostgresWorld.Jobs(old, 1, from: i), i % 2 == 0 ? [PostgresWorld.End(PostgresWorld.Id(old, i))] : null)));
        Assert.All(await Task.WhenAll(writes), outcome => Assert.Equal(WriteOutcome.Written, outcome));
        await former.WriteCheckpointAsync(
            new ShardCheckpoint(old.Number, old.Epoch, PostgresWorld.Id(old, 9), new[] { PostgresWorld.Id(old, 9) }, 0), default);
        await former.MaintainAsync(new Retention(), default);
        Assert.Equal(50, (await former.ListAsync(new JobFilter([old.Number]), default)).Jobs.Count);

        // A claim finds who stands in its way.
        using var stopped = new Holder(direct, "SELECT FROM hearth.shard FOR SHARE", "silo-1");
        var next = await world.OpenAsync("silo-2");
        var claim = await next.ClaimAsync(owner: "silo-2");
        Assert.False(stopped.IsAlive());
        Assert.Equal(WriteOutcome.Refused, await former.WriteAsync(old.Write(PostgresWorld.Jobs(old, 1, from: 999))));
        Assert.Equal(146, (await PostgresWorld.OpenJobsAsync(next, claim)).Count);

        // Nobody listens, and still the inbox is noticed.
        await using (var connection = new NpgsqlConnection(direct + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await JobInbox.SubmitAsync(connection, claim.Key, PostgresWorld.Spec());
        }

        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var shard in next.WatchInboxAsync(ending.Token))
        {
            Assert.Equal(claim.Number, shard);
            break;
        }
    }
}
