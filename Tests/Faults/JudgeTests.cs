using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Faults;

/// <summary>Each fault is found in logs that show it and only it, and not in logs that do not.</summary>
public sealed class JudgeTests
{
    private static readonly ClientLine[] Told =
    [
        new(Outcome.Intent, "k1", "", ""), new(Outcome.Ok, "k1", "j1", ""),
        new(Outcome.Intent, "k2", "", ""), new(Outcome.Unknown, "k2", "", "reset"),
        new(Outcome.Intent, "k3", "", ""), new(Outcome.Fail, "k3", "", "429"),
        new(Outcome.Intent, "k4", "", ""),
        new(Outcome.End, "", "j1", "succeeded 1"),
    ];

    private static readonly Effect[] Ran = [Run("j1", 10, 20), Run("j2", 11, 21)];

    private static readonly StoreDump Stored = new(
        [new("j1", "k1"), new("j2", "k2")], [new("j1", "succeeded 1"), new("j2", "failed 2")]);

    [Fact]
    public void Sound_logs_hold_and_unknown_is_neither_lost_nor_accepted()
    {
        var verdict = Judge.Of(Told, Ran, Stored);
        verdict.Holds();
        Assert.Equal((1, 2, 0, 0, 0), (verdict.Acknowledged, verdict.Unknown, verdict.RunTwice, verdict.CutShort, verdict.Overlapping));
        var without = new StoreDump([Stored.Jobs[0]], [Stored.Ends![0]]);
        Judge.Of(Told, [Ran[0]], without).Holds();
    }

    [Fact]
    public void Acknowledged_and_lost() =>
        Finds(["j1"], v => v.Lost, Told[..^1], [Ran[1]], new([Stored.Jobs[1]], [Stored.Ends![1]]));

    [Fact]
    public void Refused_but_stored() => Finds(
        ["k3"], v => v.RefusedButStored, Told, [.. Ran, Run("j3", 1, 2)], With(new StoredJob("j3", "k3"), new StoredEnd("j3", "succeeded")));

    [Fact]
    public void Two_jobs_for_a_key_in_the_store_or_in_answers()
    {
        Finds(["k2"], v => v.KeysTwice, Told, [.. Ran, Run("j3", 1, 2)], With(new StoredJob("j3", "k2"), new StoredEnd("j3", "succeeded")));
        Assert.Equal(["k1"], Judge.Of([.. Told, new(Outcome.Ok, "k1", "j2", "")], Ran, Stored).KeysTwice);
    }

    [Fact]
    public void Ended_twice() =>
        Finds(["j1"], v => v.EndedTwice, Told, Ran, With(null, new StoredEnd("j1", "succeeded 1")));

    [Fact]
    public void End_changed_between_clients_or_in_the_store_or_gone()
    {
        Finds(["j1"], v => v.EndChanged, [.. Told, new(Outcome.End, "", "j1", "failed")], Ran, Stored);
        Finds(["j2"], v => v.EndChanged, [.. Told, new(Outcome.End, "", "j2", "succeeded 2")], Ran, Stored);
        Assert.Equal(["j1"], Judge.Of(Told, Ran, new(Stored.Jobs, [Stored.Ends![1]])).EndChanged);
    }

    [Fact]
    public void Accepted_and_not_ended() => Finds(["j2"], v => v.NotEnded, Told, Ran, new(Stored.Jobs, [Stored.Ends![0]]));

    [Fact]
    public void Run_but_never_accepted() => Finds(["ghost"], v => v.Phantoms, Told, [.. Ran, Run("ghost", 1, 2)], Stored);

    [Fact]
    public void Ended_but_never_run_unless_cancelled()
    {
        Finds(["j2"], v => v.NeverRan, Told, [Ran[0]], Stored);
        Judge.Of(Told, [Ran[0]], new(Stored.Jobs, [Stored.Ends![0], new("j2", "cancelled")])).Holds();
    }

    [Fact]
    public void Epoch_fell() =>
        Finds(["j1"], v => v.EpochFell, Told, [.. Ran, Run("j1", 30, 40, epoch: 2), Run("j1", 50, 60, epoch: 1)], Stored);

    [Fact]
    public void Runs_are_counted()
    {
        var twice = Judge.Of(Told, [.. Ran, Run("j1", 30, 40), Run("j1", 35, 45), Run("j2", 5, null)], Stored);
        twice.Holds();
        Assert.Equal((3, 1, 1), (twice.RunTwice, twice.CutShort, twice.Overlapping));
    }

    private static Effect Run(string job, long start, long? end, long epoch = 1) => new(job, 1, epoch, "silo", start, end);

    private static StoreDump With(StoredJob? job, StoredEnd end) =>
        new(job is null ? Stored.Jobs : [.. Stored.Jobs, job], [.. Stored.Ends!, end]);

    /// <summary>This fault, and no other.</summary>
    private static void Finds(
        string[] items, Func<Verdict, IReadOnlyList<string>> fault, IReadOnlyList<ClientLine> told, IReadOnlyList<Effect> ran, StoreDump stored)
    {
        var verdict = Judge.Of(told, ran, stored);
        Assert.Equal(items, fault(verdict));
        Assert.Single(verdict.Faults);
        Assert.Throws<Xunit.Sdk.TrueException>(verdict.Holds);
    }
}
