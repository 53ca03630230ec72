using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>The database's machine is lost with its disk, and a standby takes its place: what was acknowledged is there.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class ClusterStandbyTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    [FaultFact(Need.Postgres)]
    public async Task A_synchronous_standby_takes_over_and_nothing_is_lost()
    {
        using var folder = new TempFolder();
        await using var cluster = await StartAsync(folder, isSynchronous: true);
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(1_000, Soon);
            var version = await VersionAsync(cluster);
            await cluster.Store.FailOverAsync();
            output.WriteLine($"200 more after {(await cluster.MoreAsync(200, Soon)).TotalSeconds:0.0} s");
            Assert.InRange(await VersionAsync(cluster), version, long.MaxValue);
        }

        await cluster.AllEndAsync(Soon);
        Assert.Equal(0, await cluster.DeclaredAsync());
        await cluster.HoldsAsync(output);
    }

    [FaultFact(Need.Postgres)]
    public async Task What_a_synchronous_standby_has_not_confirmed_is_not_acknowledged()
    {
        var verdict = await LoseAsync(isSynchronous: true, TimeSpan.FromSeconds(5));
        verdict.Holds();
    }

    /// <summary>
    /// Longer than a statement may take: the client then cancels it, and the server answers that it is committed, with a warning that no standby
    /// may have it.
    /// </summary>
    [FaultFact(Need.Postgres)]
    public async Task Nor_when_the_commit_waits_so_long_that_it_is_cancelled()
    {
        var verdict = await LoseAsync(isSynchronous: true, TimeSpan.FromSeconds(50));
        verdict.Holds();
    }

    /// <summary>The proof that the test can see a loss.</summary>
    [FaultFact(Need.Postgres)]
    public async Task An_asynchronous_standby_loses_what_was_acknowledged() =>
        Assert.NotEmpty((await LoseAsync(isSynchronous: false, TimeSpan.FromSeconds(5))).Lost);

    /// <summary>The standby hears nothing for a while, and then the primary is lost.</summary>
    private async Task<Verdict> LoseAsync(bool isSynchronous, TimeSpan deafFor)
    {
        using var folder = new TempFolder();
        await using var cluster = await StartAsync(folder, isSynchronous);
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(300, Soon);
            cluster.Store.Link!.HoldReplies();
            await Task.Delay(deafFor, TimeProvider.System);
            await cluster.Store.FailOverAsync();
            output.WriteLine($"200 more after {(await cluster.MoreAsync(200, Soon)).TotalSeconds:0.0} s");
        }

        // There are ends of jobs that are lost.
        if (isSynchronous)
            await cluster.AllEndAsync(Soon);
        var verdict = await cluster.JudgeAsync();
        output.WriteLine($"{verdict}{Environment.NewLine}{string.Join(", ", cluster.Answers)}");
        return verdict;
    }

    private static async Task<FaultedCluster> StartAsync(TempFolder folder, bool isSynchronous)
    {
        var store = await TestedPostgres.CreateWithStandbyAsync(folder, isSynchronous);
        return await FaultedCluster.StartAsync(store, "one", "two");
    }

    private static async Task<long> VersionAsync(FaultedCluster cluster) =>
        (await cluster.Store.ReadAsync("SELECT version FROM hearth.cluster", row => row.GetInt64(0))).Single();
}
