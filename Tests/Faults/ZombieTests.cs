using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Npgsql;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>A silo that was stopped in the middle of a transaction, while another took its shards over.</summary>
[Collection(FaultSuite.Name)]
public sealed class ZombieTests(ITestOutputHelper output)
{
    [FaultFact(Need.Postgres)]
    public async Task A_takeover_does_not_wait_for_a_zombie_whose_writes_then_change_nothing()
    {
        using var folder = new TempFolder();
        Command.Must("chmod", "o+x", folder.Path);
        var server = await FaultedPostgres.CreateAsync(folder["pg"]);
        var store = new TestedPostgres(server, folder["data"]);
        await using var zombie = await FaultedSilo.StartAsync(store);
        zombie.Milliseconds = 1_000;
        for (var n = 0; n < 20; n++)
            await zombie.SubmitOneAsync($"held {n}0");

        // Its transaction holds the shard's row and waits for a table, when it is stopped.
        await using var other = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await other.OpenAsync();
        await using (var transaction = await other.BeginTransactionAsync())
        {
            await ExecuteAsync(other, "LOCK TABLE hearth.job IN SHARE MODE");
            zombie.History.Intent("late 0");
            var late = zombie.SubmitAsync("late 0", CancellationToken.None);
            await zombie.UntilAsync(
                async () => (await store.ReadAsync(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%hearth.job%'", row => row.GetInt64(0))).Single() > 0,
                "the transaction waits", TimeSpan.FromSeconds(5));
            Signal("-STOP", zombie.Process.Id);
            var former = await EpochAsync(store);

            var starting = zombie.StartOtherAsync();
            await zombie.UntilAsync(
                async () => (await store.ReadAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hearth claim%'", row => row.GetInt64(0))).Single() > 0
                    || await EpochAsync(store) > former,
                "a claim", TimeSpan.FromSeconds(30));
            var took = await zombie.UntilAsync(async () => await EpochAsync(store) > former, "a new owner", TimeSpan.FromSeconds(30));
            output.WriteLine($"the takeover took {took.TotalSeconds:0.00} s");
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
            await transaction.RollbackAsync();
            await using (await starting)
            {
                await zombie.AllEndAsync(TimeSpan.FromSeconds(30));
                var before = await store.DumpAsync();

                Signal("-CONT", zombie.Process.Id);
                // It is refused, or has no answer: the silo reads that it was declared dead and ends.
                var refused = await Assert.ThrowsAnyAsync<Exception>(() => late);
                if (refused is RefusedException)
                    zombie.History.Fail("late 0", "refused");
                else
                    Assert.IsAssignableFrom<HttpRequestException>(refused);
                // Its own runs end now, and what they say comes too late.
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
                var after = await store.DumpAsync();
                Assert.Equal(before.Jobs.OrderBy(j => j.Job), after.Jobs.OrderBy(j => j.Job));
                Assert.Equal(before.Ends!.OrderBy(e => e.Job), after.Ends!.OrderBy(e => e.Job));
            }
        }

        await zombie.RestartAsync();
        await zombie.SubmitOneAsync("last 0");
        await zombie.AllEndAsync(TimeSpan.FromSeconds(30));
        var verdict = await zombie.HoldsAsync(output);
        Assert.Equal(20, verdict.RunTwice);
    }

    private static async Task<long> EpochAsync(TestedPostgres store) =>
        (await store.ReadAsync("SELECT sum(epoch)::bigint FROM hearth.shard", row => row.GetInt64(0))).Single();

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static void Signal(string signal, int process) =>
        Command.Must("kill", signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
