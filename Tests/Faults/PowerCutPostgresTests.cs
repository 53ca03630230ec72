using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>What a power cut does to PostgreSQL itself; its asynchronous commit is the proof that the cut bites.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class PowerCutPostgresTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    [FaultFact(Need.Disk | Need.Postgres)]
    public async Task Synchronous_commit_loses_nothing() => (await CutAsync("on")).Holds();

    [FaultFact(Need.Disk | Need.Postgres)]
    public async Task Asynchronous_commit_loses_what_it_acknowledged() => Assert.NotEmpty((await CutAsync("off")).Lost);

    private async Task<Verdict> CutAsync(string synchronousCommit)
    {
        using var beside = new TempFolder();
        await using var disk = FaultDisk.Mount();
        await using var postgres = await FaultedPostgres.CreateAsync(disk["pg"], settings: "synchronous_commit=" + synchronousCommit);
        await using var store = new RawPostgres(postgres.ConnectionString);
        await store.CreateAsync();
        using var history = new ClientHistory(beside["history"]);
        await using (var load = Load.Start(history, clients: 8, store.InsertAsync))
        {
            await load.ReachesAsync(1_000, TimeSpan.FromSeconds(30));
            await Task.Delay(Time, TimeProvider.System);
            disk.PowerCut(history);
            await postgres.KillAsync();
        }

        await disk.RemountAsync();
        await postgres.StartAsync();
        await using var after = new RawPostgres(postgres.ConnectionString);
        var ids = await after.IdsAsync();
        var verdict = Judge.Of(ClientHistory.Read(beside["history"]), effects: null, new([.. ids.Select(id => new StoredJob(id, id))]));
        output.WriteLine($"synchronous_commit={synchronousCommit}: {verdict.Lost.Count} of {verdict.Acknowledged} lost, {verdict.Unknown} unknown");
        return verdict;
    }
}
