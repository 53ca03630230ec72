using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>kill -9 of the silo in the middle of its work: what was acknowledged ends, once.</summary>
[Collection(FaultSuite.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Slots of the function.</summary>
    private const int Slots = 64;

    /// <summary>ShardLink.UnacknowledgedMax: results that had not reached the store yet.</summary>
    private const int UnacknowledgedMax = 8_192;

    [Fact]
    public async Task Sqlite_loses_nothing_and_ends_nothing_twice()
    {
        using var folder = new TempFolder();
        await KillAsync(new TestedSqlite(folder["data"]), jobs: 1_500, kills: 3);
    }

    [FaultFact(Need.Postgres)]
    public async Task Postgres_loses_nothing_and_ends_nothing_twice()
    {
        using var folder = new TempFolder();
        await KillAsync(await PostgresAsync(folder), jobs: 1_500, kills: 3);
    }

    [Fact]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Sqlite_many_kills_in_20000_jobs()
    {
        using var folder = new TempFolder();
        await KillAsync(new TestedSqlite(folder["data"]), jobs: 20_000, kills: 15);
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Postgres_many_kills_in_20000_jobs()
    {
        using var folder = new TempFolder();
        await KillAsync(await PostgresAsync(folder), jobs: 20_000, kills: 15);
    }

    private static async Task<TestedStore> PostgresAsync(TempFolder folder)
    {
        Command.Must("chmod", "o+x", folder.Path);
        return new TestedPostgres(await FaultedPostgres.CreateAsync(folder["pg"]), folder["data"]);
    }

    private async Task KillAsync(TestedStore store, int jobs, int kills)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var silo = await FaultedSilo.StartAsync(store);
        // Slower than they are submitted, so that there is always a backlog.
        silo.Milliseconds = 30;
        var whileSubmitting = kills * 2 / 3;
        await using (silo.Read())
        {
            await using (silo.SubmitArrays(clients: 1))
            await using (var load = silo.Submit())
            {
                for (var kill = 1; kill <= whileSubmitting; kill++)
                {
                    await load.ReachesAsync(jobs * kill / whileSubmitting, TimeSpan.FromMinutes(2));
                    await PauseAsync(random.Next(300));
                    await silo.RestartAsync();
                }
            }

            for (var kill = whileSubmitting; kill < kills; kill++)
            {
                await PauseAsync(random.Next(1_000));
                await silo.RestartAsync();
            }

            await silo.AllEndAsync(TimeSpan.FromMinutes(3));
            await PauseAsync(500);
        }

        var verdict = await silo.HoldsAsync(output);
        Assert.InRange(verdict.Acknowledged, jobs, int.MaxValue);
        Assert.InRange(verdict.RunTwice, 0, kills * (Slots + UnacknowledgedMax));
        var requests = (await store.DumpAsync()).Jobs.Where(job => job.Key.Contains('/', StringComparison.Ordinal)).CountBy(job => Arrays.RequestOf(job.Key));
        Assert.All(requests, request => Assert.Equal(Arrays.Size, request.Value));
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System);
}
