using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>PostgreSQL dies, freezes or restarts under a cluster: that kills no silo, and all goes on by itself.</summary>
[Collection(FaultSuite.Name)]
public sealed class ClusterDatabaseTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    /// <summary>A lease is 5 s.</summary>
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(8);

    [FaultFact(Need.Postgres)]
    public Task A_database_that_freezes_for_longer_than_a_lease_kills_nobody() => SurvivesAsync(async (cluster, _) =>
    {
        cluster.Store.Server.Freeze();
        await Task.Delay(LongerThanALease, TimeProvider.System);
        cluster.Store.Server.Thaw();
    }, rounds: 1);

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task A_database_that_freezes_again_and_again_kills_nobody() => SurvivesAsync(async (cluster, round) =>
    {
        cluster.Store.Server.Freeze();
        await Task.Delay(LongerThanALease + TimeSpan.FromSeconds(round), TimeProvider.System);
        cluster.Store.Server.Thaw();
    }, rounds: 3);

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task A_database_that_is_killed_and_started_again_kills_nobody() => SurvivesAsync(async (cluster, round) =>
    {
        await cluster.Store.KillAsync();
        await Task.Delay(LongerThanALease * round, TimeProvider.System);
        await cluster.Store.StartAsync();
    }, rounds: 3);

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task A_database_that_is_restarted_kills_nobody() => SurvivesAsync((cluster, _) => cluster.Store.Server.RestartAsync(), rounds: 5);

    private async Task SurvivesAsync(Func<FaultedCluster, int, Task> fault, int rounds)
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one", "two");
        cluster.Milliseconds = 20;
        await using (cluster.Submit())
        {
            for (var round = 0; round < rounds; round++)
            {
                await cluster.MoreAsync(200, Soon);
                await fault(cluster, round);
                output.WriteLine($"200 more after {(await cluster.MoreAsync(200, Soon)).TotalSeconds:0.0} s");
            }
        }

        await cluster.AllEndAsync(Soon);
        Assert.Equal(0, await cluster.DeclaredAsync());
        var verdict = await cluster.HoldsAsync(output);
        // No process died.
        Assert.Equal(0, verdict.RunTwice);
    }
}
