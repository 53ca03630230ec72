using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Faults;

public sealed class LedgerTests
{
    [Fact]
    public void History_reads_back_what_was_told()
    {
        using var folder = new TempFolder();
        using (var history = new ClientHistory(folder["history"]))
        {
            history.Intent("k1");
            history.Ok("k1", "j1");
            history.Fail("k2", "a\ttab and\na line");
            history.Unknown("k3", "reset");
            history.End("j1", "succeeded 1");
            Assert.Equal(1, history.Acknowledged);
        }

        ClientLine[] told =
        [
            new(Outcome.Intent, "k1", "", ""), new(Outcome.Ok, "k1", "j1", ""), new(Outcome.Fail, "k2", "", "a tab and a line"),
            new(Outcome.Unknown, "k3", "", "reset"), new(Outcome.End, "", "j1", "succeeded 1"),
        ];
        Assert.Equal(told, ClientHistory.Read(folder["history"]));
    }

    [Fact]
    public void Answers_of_a_machine_without_power_are_unknown()
    {
        using var folder = new TempFolder();
        using var history = new ClientHistory(folder["history"]);
        history.Freeze();
        history.Ok("k1", "j1");
        history.End("j1", "succeeded");
        history.Thaw();
        history.Ok("k2", "j2");
        Assert.Equal(1, history.Acknowledged);
        Assert.Equal([Outcome.Unknown, Outcome.Ok], ClientHistory.Read(folder["history"]).Select(l => l.Outcome));
    }

    [Fact]
    public void Half_a_line_at_the_end_is_no_line_and_a_wrong_line_is_an_error()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["history"], "Ok\tk1\tj1\t\nOk\tk2");
        Assert.Single(ClientHistory.Read(folder["history"]));
        File.WriteAllText(folder["history"], "Ok\tk1\tj1\t\nOk\tk2\n");
        Assert.Throws<InvalidDataException>(() => ClientHistory.Read(folder["history"]));
    }

    [Fact]
    public void Runs_of_several_processes_are_read_in_the_order_of_their_starts()
    {
        using var folder = new TempFolder();
        using (var one = new EffectLedger(folder.Path, "one"))
        using (var other = new EffectLedger(folder.Path, "other"))
        {
            using (one.Run("j1", attempt: 2, epoch: 7))
                other.Run("j2"); // never ends
            one.Run("j3").Dispose();
        }

        var runs = EffectLedger.Read(folder.Path);
        Assert.Equal(["j1", "j2", "j3"], runs.Select(r => r.Job));
        Assert.Equal([true, false, true], runs.Select(r => r.End is not null));
        Assert.Equal(("one", 2, 7L), (runs[0].Silo, runs[0].Attempt, runs[0].Epoch));
        Assert.True(runs[0].End > runs[1].Start);
    }

    [Fact]
    public async Task Load_writes_every_outcome_down()
    {
        using var folder = new TempFolder();
        using var history = new ClientHistory(folder["history"]);
        await using (var load = Load.Start(history, clients: 3, (key, _) => (key[^1] - '0') switch
        {
            < 5 => Task.FromResult("job of " + key),
            < 8 => throw new RefusedException("full"),
            _ => throw new IOException("reset"),
        }))
        {
            await load.ReachesAsync(20, TimeSpan.FromSeconds(30));
        }

        var told = ClientHistory.Read(folder["history"]);
        var decided = told.Where(l => l.Outcome != Outcome.Intent).ToDictionary(l => l.Key, l => l.Outcome);
        Assert.Equal(told.Where(l => l.Outcome == Outcome.Intent).Select(l => l.Key).Order(), decided.Keys.Order());
        Assert.All(decided, d => Assert.Equal((d.Key[^1] - '0') switch { < 5 => Outcome.Ok, < 8 => Outcome.Fail, _ => Outcome.Unknown }, d.Value));
    }
}
