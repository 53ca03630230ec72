using System.Diagnostics;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>Networks between silos, and between a silo and the database, that drop everything in silence.</summary>
[Collection(FaultSuite.Name)]
public sealed class ClusterPartitionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(8);

    // On Orleans silos have no lease: one that the others reach is alive, also without the database.
    [Trait("Engine", "Embedded")]
    [FaultFact(Need.Postgres | Need.Network)]
    public async Task A_silo_without_the_database_is_declared_dead_and_ends_when_it_hears_of_it()
    {
        using var network = new CutNetwork("one", "two");
        using var folder = new TempFolder();
        await using var cluster = await StartAsync(network, folder);
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(300, Soon);
            network.CutBothWays(network.AddressOf("one"), network.Server);
            cluster["one"].IsAsked = false;
            var took = await cluster.DeadAsync("one");
            var dead = Stopwatch.GetTimestamp();
            output.WriteLine($"dead after {took.TotalSeconds:0.0} s");
            await cluster.MoreAsync(300, Soon);
            // The rest of a second is a busy machine's. Its queues are about empty by then: this does not show that the lease alone holds it back.
            Assert.Empty(cluster.BegunBy("one", dead + Stopwatch.Frequency));
            network.Heal();
            await cluster["one"].Process.Ended.WaitAsync(Soon);
            Assert.Equal(70, cluster["one"].Process.ExitCode);
            Assert.Empty(cluster.BegunBy("one", dead + Stopwatch.Frequency));
            Assert.Equal(1, await cluster.DeclaredAsync());
            await cluster.StartAsync("one");
            await cluster.MoreAsync(100, Soon);
        }

        await cluster.AllEndAsync(Soon);
        await cluster.HoldsAsync(output);
    }

    [FaultFact(Need.Postgres | Need.Network)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task Silos_that_are_cut_from_each_other_both_live() =>
        ApartAsync(network => network.CutBothWays(network.AddressOf("one"), network.AddressOf("two")));

    [FaultFact(Need.Postgres | Need.Network)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task Silos_of_which_one_is_not_heard_by_the_other_both_live() =>
        ApartAsync(network => network.Cut(network.AddressOf("one"), network.AddressOf("two")));

    private async Task ApartAsync(Action<CutNetwork> cut)
    {
        using var network = new CutNetwork("one", "two");
        using var folder = new TempFolder();
        await using var cluster = await StartAsync(network, folder);
        await using (cluster.Submit())
        {
            await cluster.MoreAsync(300, Soon);
            cut(network);
            await Task.Delay(LongerThanALease, TimeProvider.System);
            // Who is asked for a shard of its own serves it.
            output.WriteLine($"apart: 20 more after {(await cluster.MoreAsync(20, Soon)).TotalSeconds:0.0} s");
            await Task.Delay(LongerThanALease, TimeProvider.System);
            network.Heal();
            output.WriteLine($"healed: 300 more after {(await cluster.MoreAsync(300, Soon)).TotalSeconds:0.0} s");
        }

        await cluster.AllEndAsync(Soon * 2);
        Assert.Equal(0, await cluster.DeclaredAsync());
        await cluster.HoldsAsync(output);
    }

    private static async Task<FaultedCluster> StartAsync(CutNetwork network, TempFolder folder)
    {
        var cluster = new FaultedCluster(await TestedPostgres.CreateAsync(folder, network.Server)) { Network = network, Milliseconds = 20 };
        await cluster.StartAsync("one");
        await cluster.StartAsync("two");
        return cluster;
    }
}
