using Hearth.Jobs;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>Jobs that kill their process end as crashed after a bounded number of losses, and harm no other.</summary>
[Collection(FaultSuite.Name)]
public sealed class CrashingJobTests(ITestOutputHelper output)
{
    private const int Others = 300;

    /// <summary>In company once without and once with a mark, then alone.</summary>
    private const int RunsMax = 3;

    [Fact]
    public async Task Sqlite_is_up_for_good_after_a_bounded_number_of_crashes()
    {
        using var folder = new TempFolder();
        await CrashAsync(new TestedSqlite(folder["data"]), killers: 2);
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Postgres_is_up_for_good_after_a_bounded_number_of_crashes()
    {
        using var folder = new TempFolder();
        Command.Must("chmod", "o+x", folder.Path);
        await CrashAsync(new TestedPostgres(await FaultedPostgres.CreateAsync(folder["pg"]), folder["data"]), killers: 4);
    }

    [Fact]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Sqlite_with_more_killers()
    {
        using var folder = new TempFolder();
        await CrashAsync(new TestedSqlite(folder["data"]), killers: 4);
    }

    private async Task CrashAsync(TestedStore store, int killers)
    {
        // The first crash leaves no mark; each after it adds to the losses of at least one killer.
        var crashesMax = 1 + (killers * JobLimits.CrashesMax);
        await using var silo = await FaultedSilo.StartAsync(store);
        silo.Milliseconds = 100;
        var keys = Enumerable.Range(0, Others).Select(n => $"other {n}").ToList();
        for (var n = 0; n < killers; n++)
            keys.Insert(Others / killers * n, $"{FaultedSilo.Killer} {n}");
        Assert.True(await silo.TrySubmitAsync("all", keys));

        var crashes = 0;
        while (!await AllHaveEndedAsync(silo))
        {
            crashes++;
            Assert.InRange(crashes, 1, crashesMax);
        }

        output.WriteLine($"{killers} killers: {crashes} crashes, at most {crashesMax}");
        await silo.HoldsAsync(output);
        var dump = await store.DumpAsync();
        var keyOf = dump.Jobs.ToDictionary(j => j.Job, j => j.Key);
        foreach (var end in dump.Ends!)
        {
            var isKiller = keyOf[end.Job].StartsWith(FaultedSilo.Killer, StringComparison.Ordinal);
            Assert.StartsWith(isKiller ? "failed" : "succeeded", end.End, StringComparison.Ordinal);
            Assert.Equal(isKiller, end.End.Contains("crashed", StringComparison.Ordinal));
        }

        var runs = silo.Effects().CountBy(e => e.Job).ToDictionary();
        Assert.All(keyOf.Where(k => !k.Value.StartsWith(FaultedSilo.Killer, StringComparison.Ordinal)), k => Assert.InRange(runs[k.Key], 1, RunsMax));
        Assert.Equal(killers, keyOf.Values.Count(k => k.StartsWith(FaultedSilo.Killer, StringComparison.Ordinal)));
    }

    /// <returns>False when the process has died first; then another one has started.</returns>
    private static async Task<bool> AllHaveEndedAsync(FaultedSilo silo)
    {
        var hasDied = false;
        await silo.UntilAsync(
            async () => (hasDied = silo.Process.Ended.IsCompleted) || await silo.Store.CountAsync() is var (jobs, ends) && jobs == ends, "the end",
            TimeSpan.FromMinutes(2));
        if (!hasDied)
            return true;
        await silo.BuryAsync();
        await silo.StartAsync();
        return false;
    }
}
