namespace Hearth.Tests.Support.Faults;

/// <summary>The set algebra behind a <see cref="Verdict"/>.</summary>
public static class Judge
{
    /// <param name="history">What clients were told.</param>
    /// <param name="effects">What ran; null where the test has no functions that tell, and nothing is said about runs.</param>
    /// <param name="dump">What is stored.</param>
    public static Verdict Of(IReadOnlyList<ClientLine> history, IReadOnlyList<Effect>? effects, StoreDump dump)
    {
        var stored = dump.Jobs.Select(j => j.Job).ToHashSet(StringComparer.Ordinal);
        var acknowledged = Where(history, Outcome.Ok).Select(l => l.Job).ToHashSet(StringComparer.Ordinal);
        var answered = Where(history, Outcome.Ok).Select(l => l.Key).ToHashSet(StringComparer.Ordinal);
        var refused = Where(history, Outcome.Fail).Select(l => l.Key).Except(answered, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var ends = (dump.Ends ?? []).ToLookup(e => e.Job, e => e.End, StringComparer.Ordinal);
        var runs = (effects ?? []).ToLookup(e => e.Job, StringComparer.Ordinal);
        return new Verdict
        {
            Lost = Sorted(acknowledged.Except(stored, StringComparer.Ordinal)),
            RefusedButStored = Sorted(dump.Jobs.Select(j => j.Key).Where(refused.Contains)),
            KeysTwice = Sorted(KeysTwice(history, dump)),
            EndedTwice = Sorted(ends.Where(e => e.Count() > 1).Select(e => e.Key)),
            EndChanged = dump.Ends is null ? [] : Sorted(EndChanged(history, ends)),
            NotEnded = dump.Ends is null ? [] : Sorted(stored.Where(j => !ends.Contains(j))),
            Phantoms = Sorted(runs.Select(r => r.Key).Where(j => !stored.Contains(j) && !acknowledged.Contains(j))),
            NeverRan = effects is null ? [] : Sorted(ends.Where(MustHaveRun).Select(e => e.Key).Where(j => !runs.Contains(j))),
            EpochFell = Sorted(runs.Where(EpochFell).Select(r => r.Key)),
            Acknowledged = answered.Count,
            Unknown = Unknown(history),
            RunTwice = runs.Sum(r => r.Count() - 1),
            RunsMax = runs.Select(r => r.Count()).DefaultIfEmpty().Max(),
            CutShort = runs.Sum(r => r.Count(e => e.End is null)),
            Overlapping = runs.Sum(Overlapping),
        };
    }

    private static IEnumerable<ClientLine> Where(IReadOnlyList<ClientLine> history, Outcome outcome) => history.Where(l => l.Outcome == outcome);

    private static List<string> Sorted(IEnumerable<string> items) => [.. items.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Submissions that no answer decided, those of a client that was killed among them.</summary>
    private static int Unknown(IReadOnlyList<ClientLine> history) =>
        Where(history, Outcome.Intent).Select(l => l.Key).Except(
            history.Where(l => l.Outcome is Outcome.Ok or Outcome.Fail).Select(l => l.Key), StringComparer.Ordinal).Count();

    private static IEnumerable<string> KeysTwice(IReadOnlyList<ClientLine> history, StoreDump dump) =>
        from pair in Where(history, Outcome.Ok).Select(l => (l.Key, l.Job)).Concat(dump.Jobs.Select(j => (j.Key, j.Job))).Distinct()
        where pair.Key.Length > 0
        group pair by pair.Key into key
        where key.Count() > 1
        select key.Key;

    private static IEnumerable<string> EndChanged(IReadOnlyList<ClientLine> history, ILookup<string, string> ends) =>
        from line in Where(history, Outcome.End)
        group line.Detail by line.Job into read
        let all = read.Distinct(StringComparer.Ordinal).ToList()
        where all.Count > 1 || !ends[read.Key].Contains(all[0], StringComparer.Ordinal)
        select read.Key;

    private static bool MustHaveRun(IEnumerable<string> ends) => !ends.All(e => e.StartsWith("cancelled", StringComparison.Ordinal));

    private static bool EpochFell(IEnumerable<Effect> runs)
    {
        var epochs = runs.OrderBy(r => r.Start).Select(r => r.Epoch).ToList();
        return epochs.Zip(epochs.Skip(1)).Any(p => p.Second < p.First);
    }

    /// <summary>A run that was cut short ended at an unknown time, so it overlaps nothing.</summary>
    private static int Overlapping(IEnumerable<Effect> runs)
    {
        var (count, busyUntil) = (0, long.MinValue);
        foreach (var run in runs.OrderBy(r => r.Start))
        {
            if (run.Start < busyUntil)
                count++;
            busyUntil = Math.Max(busyUntil, run.End ?? long.MinValue);
        }

        return count;
    }
}
