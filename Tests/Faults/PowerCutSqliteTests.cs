using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>What a power cut does to SQLite itself; its weaker settings are the proof that the cut bites.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class PowerCutSqliteTests(ITestOutputHelper output)
{
    private const int Inserts = 5_000;

    [FaultFact(Need.Disk)]
    public async Task Synchronous_full_loses_nothing()
    {
        (await CutAsync("FULL", betweenInserts: true)).Holds();
        for (var cut = 0; cut < 5; cut++)
            (await CutAsync("FULL", betweenInserts: false)).Holds();
    }

    [FaultFact(Need.Disk)]
    public async Task Synchronous_normal_loses_what_came_after_the_checkpoint() =>
        Assert.NotEmpty((await CutAsync("NORMAL", betweenInserts: true)).Lost);

    [FaultFact(Need.Disk)]
    public async Task Synchronous_off_loses_more() => Assert.True((await CutAsync("OFF", betweenInserts: true)).Lost.Count > Inserts / 2);

    /// <param name="synchronous">The setting.</param>
    /// <param name="betweenInserts">
    /// The writer itself cuts, after an insert; else the cut comes at any instant, which is often within a checkpoint that has just synced.
    /// </param>
    private async Task<Verdict> CutAsync(string synchronous, bool betweenInserts)
    {
        using var beside = new TempFolder();
        await using var disk = FaultDisk.Mount();
        using var history = new ClientHistory(beside["history"]);
        using (var before = new RawSqlite(disk["store.db"], synchronous))
        {
            await using var load = Load.Start(history, clients: 1, (id, _) =>
            {
                if (betweenInserts && history.Acknowledged == Inserts)
                    disk.PowerCut(history);
                return before.InsertAsync(id);
            });
            await load.ReachesAsync(Inserts, TimeSpan.FromSeconds(60));
            if (!betweenInserts)
                disk.PowerCut(history);
        }

        await disk.RemountAsync();
        using var after = new RawSqlite(disk["store.db"], "FULL");
        Assert.Equal("ok", after.Check());
        var verdict = Judge.Of(ClientHistory.Read(beside["history"]), effects: null, new([.. after.Ids().Select(id => new StoredJob(id, id))]));
        output.WriteLine($"{synchronous}: {verdict.Lost.Count} of {verdict.Acknowledged} lost");
        return verdict;
    }
}
