using System.Diagnostics;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Npgsql;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>Silos that stop at a bad moment, are taken over, and go on: they change nothing any more.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class ClusterZombieTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    [FaultFact(Need.Postgres)]
    public Task Stopped_while_runs_are_going() => ZombieAsync(cluster => cluster.RunsAsync("one"));

    /// <summary>Its transaction holds its shards' rows and waits for the table, until the others have taken over.</summary>
    [FaultFact(Need.Postgres)]
    public Task Stopped_inside_an_open_transaction() => ZombieAsync(
        cluster => LockedAsync(cluster, "LOCK TABLE hearth.job IN SHARE MODE", "%hearth.job%"), isHeldUntilTaken: true);

    /// <summary>It is told to drain and begins to, and the last writes of its shards wait.</summary>
    [FaultFact(Need.Postgres)]
    public Task Stopped_while_it_hands_its_shards_over() => ZombieAsync(async cluster =>
    {
        var (id, _) = await cluster.RowAsync("one");
        return await LockedAsync(
            cluster, $"SELECT FROM hearth.shard WHERE owner = '{id}' FOR NO KEY UPDATE", "%hearth.shard%", async () =>
            {
                (await cluster.SendAsync(HttpMethod.Post, "/v1/silos/one/drain")).Dispose();
                await cluster.UntilAsync(async () => await cluster.StatusAsync("one") == "draining", "one drains", TimeSpan.FromSeconds(20));
            });
    });

    private Task ZombieAsync(Func<FaultedCluster, Task> mark) => ZombieAsync(async cluster =>
    {
        await mark(cluster);
        return null;
    });

    /// <param name="mark">Waits for the moment; what it answers holds it.</param>
    /// <param name="isHeldUntilTaken">Else only until the silo is stopped.</param>
    private async Task ZombieAsync(Func<FaultedCluster, Task<IAsyncDisposable?>> mark, bool isHeldUntilTaken = false)
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one", "two");
        cluster.Milliseconds = 100;
        var inHand = 0;
        await using (cluster.Submit())
        {
            for (var round = 0; round < 2; round++)
            {
                await cluster.MoreAsync(200, Soon);
                var takeover = await cluster.WatchAsync("one");
                var held = await mark(cluster);
                cluster.Freeze("one");
                if (held is not null && !isHeldUntilTaken)
                    await held.DisposeAsync();
                await cluster.DeadAsync("one");
                if (held is not null && isHeldUntilTaken)
                {
                    await takeover.OwnedAnewAsync();
                    await held.DisposeAsync();
                }

                inHand += (await cluster.InHandAsync("one")).Count;
                output.WriteLine(await takeover.DoneAsync());
                var thawed = Stopwatch.GetTimestamp();
                cluster.Thaw("one");
                await cluster["one"].Process.Ended.WaitAsync(Soon);
                Assert.Equal(70, cluster["one"].Process.ExitCode);
                Assert.Empty(cluster.BegunBy("one", thawed));
                await cluster.StartAsync("one");
            }

            await cluster.MoreAsync(200, Soon);
        }

        await cluster.AllEndAsync(Soon);
        var verdict = await cluster.HoldsAsync(output);
        output.WriteLine($"{inHand} jobs were in its hands");
        Assert.InRange(verdict.RunTwice, 0, inHand);
    }

    /// <summary>Takes a lock that the silo then waits for, in a transaction of the test's own.</summary>
    private static async Task<IAsyncDisposable?> LockedAsync(FaultedCluster cluster, string sql, string waiting, Func<Task>? then = null)
    {
        var connection = new NpgsqlConnection(cluster.Store.Server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand("BEGIN; " + sql, connection))
            await command.ExecuteNonQueryAsync();
        if (then is not null)
            await then();
        var (id, _) = await cluster.RowAsync("one");
        await cluster.UntilAsync(
            async () => (await cluster.Store.ReadAsync(
                "SELECT count(*) FROM pg_stat_activity AS a WHERE wait_event_type = 'Lock' AND query LIKE '" + waiting + "'"
                + $" AND application_name IN (SELECT session FROM hearth.shard WHERE owner = '{id}')", row => row.GetInt64(0))).Single() > 0,
            "a transaction of its own waits", TimeSpan.FromSeconds(20));
        return connection;
    }
}
