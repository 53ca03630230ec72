using System.Net;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>A full disk: refused until there is room, told by readiness, nothing lost.</summary>
[Collection(FaultSuite.Name)]
public sealed class DiskFullTests(ITestOutputHelper output)
{
    [FaultFact(Need.Disk)]
    public async Task Sqlite_refuses_until_there_is_room()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 128);
        await FillAsync(disk, new TestedSqlite(disk["data"]));
    }

    [FaultFact(Need.Disk | Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Postgres_refuses_until_there_is_room()
    {
        using var folder = new TempFolder();
        await using var disk = FaultDisk.Mount(mebibytes: 256);
        await FillAsync(disk, new TestedPostgres(await FaultedPostgres.CreateAsync(disk["pg"]), folder["data"]));
    }

    private async Task FillAsync(FaultDisk disk, TestedStore store)
    {
        await using var silo = await FaultedSilo.StartAsync(store);
        silo.Padding = 4_000;
        // So that jobs end while there is no room for it.
        silo.Milliseconds = 200;
        await using (silo.Submit())
        {
            await silo.MoreAsync(300, TimeSpan.FromSeconds(30));
            Assert.Equal(HttpStatusCode.OK, await ReadyAsync(silo));
            disk.Fill();
            await silo.UntilAsync(() => Task.FromResult(silo.Answers.ContainsKey("503 store-unavailable later")), "a refusal", TimeSpan.FromSeconds(60));
            await silo.UntilAsync(async () => await ReadyAsync(silo) == HttpStatusCode.ServiceUnavailable, "unready", TimeSpan.FromSeconds(10));
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            await using (silo.Read())
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            Assert.Equal(["GET 200"], silo.Answers.Keys.Where(answer => answer.StartsWith("GET", StringComparison.Ordinal)));

            disk.Free();
            await store.StartAsync();
            output.WriteLine($"accepts again after {(await silo.MoreAsync(1, TimeSpan.FromSeconds(30))).TotalSeconds:0.0} s");
            await silo.MoreAsync(300, TimeSpan.FromSeconds(30));
            await silo.UntilAsync(async () => await ReadyAsync(silo) == HttpStatusCode.OK, "ready", TimeSpan.FromSeconds(10));
        }

        await silo.AllEndAsync(TimeSpan.FromSeconds(60));
        await silo.HoldsAsync(output);
    }

    private static async Task<HttpStatusCode> ReadyAsync(FaultedSilo silo)
    {
        using var answer = await silo.SendAsync(HttpMethod.Get, "/health/ready");
        return answer.StatusCode;
    }
}
