using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>The power of the store's disk is cut under a silo at work: what was acknowledged is there afterwards, and ends once.</summary>
[Collection(FaultSuite.Name)]
public sealed class PowerCutTests(ITestOutputHelper output)
{
    [FaultFact(Need.Disk)]
    public async Task Sqlite_survives_a_cut()
    {
        await using var disk = FaultDisk.Mount();
        await CutAsync(disk, new TestedSqlite(disk["data"]), cuts: 1);
    }

    [FaultFact(Need.Disk | Need.Postgres)]
    public async Task Postgres_survives_a_cut()
    {
        using var folder = new TempFolder();
        await using var disk = FaultDisk.Mount();
        await CutAsync(disk, new TestedPostgres(await FaultedPostgres.CreateAsync(disk["pg"]), folder["data"]), cuts: 1);
    }

    [FaultFact(Need.Disk)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Sqlite_survives_many_cuts()
    {
        await using var disk = FaultDisk.Mount();
        await CutAsync(disk, new TestedSqlite(disk["data"]), cuts: 20);
    }

    [FaultFact(Need.Disk | Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Postgres_survives_many_cuts()
    {
        using var folder = new TempFolder();
        await using var disk = FaultDisk.Mount();
        await CutAsync(disk, new TestedPostgres(await FaultedPostgres.CreateAsync(disk["pg"]), folder["data"]), cuts: 20);
    }

    /// <summary>The proof that the cut bites: the same silo on a disk that only says that it has synced.</summary>
    [FaultFact(Need.Disk | Need.Compiler)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Sqlite_on_a_disk_that_does_not_sync_loses_what_it_acknowledged()
    {
        await using var disk = FaultDisk.Mount();
        using var lie = FsyncError.Build(onlyPath: "/hearth.db", lies: true);
        Assert.NotEmpty((await CutAsync(disk, new TestedSqlite(disk["data"]), cuts: 1, lie, isLossy: true)).Lost);
    }

    /// <summary>The same proof: a server that answers before it syncs. A silo refuses it unless told otherwise.</summary>
    [FaultFact(Need.Disk | Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Postgres_with_asynchronous_commit_loses_what_it_acknowledged()
    {
        using var folder = new TempFolder();
        await using var disk = FaultDisk.Mount();
        var server = await FaultedPostgres.CreateAsync(disk["pg"], settings: ["synchronous_commit=off", "wal_writer_delay=10000"]);
        Assert.NotEmpty((await CutAsync(disk, new TestedPostgres(server, folder["data"], "--allow-unsafe-database"), cuts: 1, isLossy: true)).Lost);
    }

    private async Task<Verdict> CutAsync(FaultDisk disk, TestedStore store, int cuts, FsyncError? lie = null, bool isLossy = false)
    {
        var random = new Random(cuts);
        await using var silo = await FaultedSilo.StartAsync(store, lie?.Environment);
        await using (silo.Read())
        await using (silo.Submit())
        {
            for (var cut = 0; cut < cuts; cut++)
            {
                await silo.MoreAsync(200, TimeSpan.FromSeconds(60));
                lie?.Start();
                await silo.MoreAsync(100, TimeSpan.FromSeconds(60));
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500)), TimeProvider.System);
                await silo.CutAsync(disk);
                lie?.Stop();
                await disk.RemountAsync();
                await store.StartAsync();
                await silo.StartAsync();
            }
        }

        if (!isLossy)
        {
            await silo.AllEndAsync(TimeSpan.FromMinutes(1));
            return await silo.HoldsAsync(output);
        }

        var verdict = await silo.JudgeAsync();
        output.WriteLine(silo.Describe(verdict));
        return verdict;
    }
}
