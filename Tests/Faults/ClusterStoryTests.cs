using System.Globalization;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>All that befalls a cluster in its life, in one run under steady load, and who runs what in a large one; with a log of both.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class ClusterStoryTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    [FaultFact(Need.Postgres)]
    public async Task Three_silos_and_a_front_end_go_on_through_it_all()
    {
        using var folder = new TempFolder();
        await using var cluster = new FaultedCluster(await TestedPostgres.CreateWithStandbyAsync(folder, isSynchronous: true)) { Milliseconds = 20, Queues = 24 };
        foreach (var name in new[] { "one", "two", "three" })
            await StartUnaskedAsync(cluster, name);
        await cluster.StartAsync("front", "--roles", "frontend");
        var inHand = 0;
        await using (cluster.Submit(clients: 32))
        {
            await cluster.MoreAsync(1_000, Soon);
            await RateAsync(cluster, "three silos");

            var takeover = await cluster.WatchAsync("two");
            await cluster.KillAsync("two");
            inHand = (await cluster.InHandAsync("two")).Count;
            output.WriteLine("kill -9 of two: " + await takeover.DoneAsync());
            await RateAsync(cluster, "two silos");

            await StartUnaskedAsync(cluster, "four");
            var owns = await cluster.UntilAsync(async () => await OwnedAsync(cluster, "four") > 0, "the new silo owns shards", Soon);
            var shards = await OwnedAsync(cluster, "four");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"four added: owns {shards} shards {owns.TotalSeconds:0.00} s after it was ready"));
            await RateAsync(cluster, "three silos");

            using (var drained = await cluster.SendAsync(HttpMethod.Post, "/v1/silos/one/drain"))
                Assert.True(drained.IsSuccessStatusCode, await drained.Content.ReadAsStringAsync());
            var empty = await cluster.UntilAsync(
                async () => await OwnedAsync(cluster, "one") == 0 && (await cluster.InHandAsync("one")).Count == 0, "the drained silo is empty", Soon);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one drained: empty after {empty.TotalSeconds:0.00} s"));
            await RateAsync(cluster, "two silos");

            await cluster.Store.KillAsync();
            await cluster.Store.StartAsync();
            output.WriteLine($"PostgreSQL killed and started: 200 more after {(await cluster.MoreAsync(200, Soon)).TotalSeconds:0.0} s");
            await cluster.Store.FailOverAsync();
            output.WriteLine($"disk of PostgreSQL lost, standby promoted: 200 more after {(await cluster.MoreAsync(200, Soon)).TotalSeconds:0.0} s");
            await RateAsync(cluster, "two silos");
        }

        await cluster.AllEndAsync(Soon);
        var verdict = await cluster.HoldsAsync(output);
        output.WriteLine($"{inHand} jobs were in the hands of the one killed");
        Assert.InRange(verdict.RunTwice, 0, inHand);
        Assert.Equal(1, await cluster.DeclaredAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task Seven_silos_of_one_pool_and_three_of_another_each_run_their_own_work()
    {
        using var folder = new TempFolder();
        await using var cluster = new FaultedCluster(await TestedPostgres.CreateAsync(folder))
        {
            Milliseconds = 50,
            Queues = 2,
            Settings = { ["Hearth__Queues__q0__Pool"] = "cpu", ["Hearth__Queues__q1__Pool"] = "gpu" },
        };
        string[] names = [.. Enumerable.Range(0, 10).Select(n => (n < 7 ? "cpu" : "gpu") + n.ToString(CultureInfo.InvariantCulture))];
        await Task.WhenAll(names.Chunk(5).Select(async some =>
        {
            foreach (var name in some)
                await cluster.StartAsync(name, "--pool", name[..3]);
        }));
        await using (cluster.Submit(clients: 64))
            await cluster.MoreAsync(4_000, TimeSpan.FromMinutes(2));
        await cluster.AllEndAsync(Soon);
        await cluster.HoldsAsync(output);

        var pools = await PoolsAsync(cluster);
        foreach (var name in names)
        {
            var jobs = cluster.Effects().Where(run => run.Silo == cluster[name].Tag).Select(run => run.Job).ToList();
            output.WriteLine($"{name}: {jobs.Count}");
            Assert.NotEmpty(jobs);
            Assert.All(jobs, job => Assert.Equal(name[..3], pools[job]));
        }
    }

    /// <summary>Clients ask the front end alone.</summary>
    private static async Task StartUnaskedAsync(FaultedCluster cluster, string name)
    {
        await cluster.StartAsync(name);
        cluster[name].IsAsked = false;
    }

    private async Task RateAsync(FaultedCluster cluster, string what)
    {
        var before = (await cluster.Store.CountAsync()).Ends;
        await Task.Delay(Look, TimeProvider.System);
        var ends = (await cluster.Store.CountAsync()).Ends - before;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: {ends / Look.TotalSeconds:#,0} jobs/s"));
    }

    private static async Task<long> OwnedAsync(FaultedCluster cluster, string name)
    {
        var (id, _) = await cluster.RowAsync(name);
        return (await cluster.Store.ReadAsync($"SELECT count(*) FROM hearth.shard WHERE owner = '{id}'", row => row.GetInt64(0))).Single();
    }

    private static async Task<Dictionary<string, string>> PoolsAsync(FaultedCluster cluster) => (await cluster.Store.ReadAsync(
        "SELECT j.id, split_part(s.key, '/', 1) FROM hearth.job j JOIN hearth.shard s ON s.id = j.shard",
        row => (Job: row.GetGuid(0).ToString("N"), Pool: row.GetString(1)))).ToDictionary(job => job.Job, job => job.Pool, StringComparer.Ordinal);
}
