using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>Silos of a cluster that die, freeze, and are replaced, while clients go on with the others.</summary>
[Collection(FaultSuite.Name)]
public sealed class ClusterKillTests(ITestOutputHelper output)
{
    private static readonly string[] Three = ["one", "two", "three"];

    [FaultFact(Need.Postgres)]
    public async Task The_others_take_over_from_a_killed_silo()
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one", "two");
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(300, TimeSpan.FromMinutes(1));
            var takeover = await cluster.WatchAsync("one");
            await cluster.KillAsync("one");
            output.WriteLine(await takeover.DoneAsync());
            await cluster.MoreAsync(300, TimeSpan.FromMinutes(1));
        }

        await cluster.AllEndAsync(TimeSpan.FromMinutes(1));
        await cluster.HoldsAsync(output);
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Kill_of_one_several_and_all_silos()
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), Three);
        cluster.Milliseconds = 30;
        var inHand = 0;
        await using (cluster.Submit())
        {
            for (var round = 0; round < 5; round++)
            {
                foreach (var killed in new[] { ["one"], ["two", "three"], Three })
                {
                    await cluster.MoreAsync(200, TimeSpan.FromMinutes(1));
                    var takeover = await cluster.WatchAsync(killed[0]);
                    foreach (var name in killed)
                        await cluster.KillAsync(name);
                    inHand += (await cluster.InHandAsync(killed)).Count;
                    if (killed.Length < Three.Length)
                        output.WriteLine($"{killed.Length} killed: {await takeover.DoneAsync()}");
                    foreach (var name in killed)
                        await cluster.StartAsync(name);
                }
            }
        }

        await cluster.AllEndAsync(TimeSpan.FromMinutes(2));
        var verdict = await cluster.HoldsAsync(output);
        output.WriteLine($"{inHand} jobs were in the hands of those killed");
        Assert.InRange(verdict.RunTwice, 0, inHand);
    }

    [FaultFact(Need.Postgres)]
    public async Task A_silo_that_froze_past_its_lease_changes_nothing_when_it_goes_on()
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one", "two");
        cluster.Milliseconds = 20;
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(300, TimeSpan.FromMinutes(1));
            cluster.Freeze("one");
            var took = await cluster.MoreAsync(500, TimeSpan.FromMinutes(1));
            output.WriteLine($"500 more after {took.TotalSeconds:0.0} s");
            // Until it is dead for the other.
            await cluster.UntilAsync(
                async () => (await cluster.Store.ReadAsync($"SELECT count(*) FROM {EngineTables.Silos} WHERE lives", row => row.GetInt64(0))).Single() == 1,
                "it is declared dead", TimeSpan.FromSeconds(30));
            cluster.Thaw("one");
            await cluster["one"].Process.Ended.WaitAsync(TimeSpan.FromSeconds(30));
            await cluster.MoreAsync(100, TimeSpan.FromMinutes(1));
        }

        await cluster.AllEndAsync(TimeSpan.FromMinutes(1));
        await cluster.HoldsAsync(output);
    }

    [FaultFact(Need.Postgres)]
    public async Task A_rolling_restart_runs_nothing_twice()
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one", "two");
        cluster.Milliseconds = 20;
        await using (cluster.Submit(clients: 8))
        {
            foreach (var name in new[] { "one", "two" })
            {
                await cluster.MoreAsync(200, TimeSpan.FromMinutes(1));
                await cluster.RollAsync(name);
            }

            await cluster.MoreAsync(200, TimeSpan.FromMinutes(1));
        }

        await cluster.AllEndAsync(TimeSpan.FromMinutes(1));
        var verdict = await cluster.HoldsAsync(output);
        Assert.True(verdict.RunTwice == 0, cluster.RunTwice());
    }

    [FaultFact(Need.Postgres)]
    public async Task A_silo_alone_that_is_told_to_stop_ends_what_it_runs()
    {
        using var folder = new TempFolder();
        await using var cluster = await FaultedCluster.StartAsync(await TestedPostgres.CreateAsync(folder), "one");
        cluster.Milliseconds = 1_000;
        for (var n = 0; n < 20; n++)
            await cluster.SubmitOneAsync($"running {n}1");
        await cluster.UntilAsync(() => Task.FromResult(cluster.Effects().Count == 20), "all run", TimeSpan.FromSeconds(30));
        await cluster.RollAsync("one");
        await cluster.AllEndAsync(TimeSpan.FromSeconds(30));
        var verdict = await cluster.HoldsAsync(output);
        Assert.Equal((20, 0), (verdict.Acknowledged, verdict.RunTwice));
    }
}
