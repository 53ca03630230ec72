namespace Hearth.Tests.Support.Faults;

/// <summary>What the three logs of a test say together. The lists are faults, each a job or a key; the counts are figures for the test to bound.</summary>
public sealed record Verdict
{
    /// <summary>Acknowledged, and not in the store.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>Refused for certain, and in the store all the same.</summary>
    public required IReadOnlyList<string> RefusedButStored { get; init; }

    /// <summary>One key, more than one job.</summary>
    public required IReadOnlyList<string> KeysTwice { get; init; }

    /// <summary>Stored more than one end.</summary>
    public required IReadOnlyList<string> EndedTwice { get; init; }

    /// <summary>A client read an end, and another client or the store has another one or none.</summary>
    public required IReadOnlyList<string> EndChanged { get; init; }

    /// <summary>Accepted, and without an end.</summary>
    public required IReadOnlyList<string> NotEnded { get; init; }

    /// <summary>Ran without having been accepted.</summary>
    public required IReadOnlyList<string> Phantoms { get; init; }

    /// <summary>Ended, and no run of it was ever started.</summary>
    public required IReadOnlyList<string> NeverRan { get; init; }

    /// <summary>Started under an epoch below one that had started it before: a zombie's run.</summary>
    public required IReadOnlyList<string> EpochFell { get; init; }

    public required int Acknowledged { get; init; }

    public required int Unknown { get; init; }

    /// <summary>Runs beyond the first of each job. Retries count too.</summary>
    public required int RunTwice { get; init; }

    /// <summary>Runs of the job that ran most often.</summary>
    public required int RunsMax { get; init; }

    /// <summary>Runs that were cut short, by a kill for instance; without retries <see cref="RunTwice"/> stays at or below it.</summary>
    public required int CutShort { get; init; }

    /// <summary>Runs of a job that began while another run of it was going.</summary>
    public required int Overlapping { get; init; }

    /// <summary>What must not be, in words; empty when all is well.</summary>
    public IReadOnlyList<string> Faults =>
    [
        .. from list in Lists()
           where list.Items.Count > 0
           select $"{list.Name}: {list.Items.Count} ({string.Join(", ", list.Items.Take(5))})",
    ];

    /// <summary>Fails with all that is wrong.</summary>
    public void Holds() => Assert.True(Faults.Count == 0, ToString());

    public override string ToString() => string.Join(
        Environment.NewLine,
        [$"acknowledged {Acknowledged}, unknown {Unknown}, run twice {RunTwice}, cut short {CutShort}, overlapping {Overlapping}", .. Faults]);

    private IEnumerable<(string Name, IReadOnlyList<string> Items)> Lists() =>
    [
        ("acknowledged and lost", Lost), ("refused but stored", RefusedButStored), ("two jobs for a key", KeysTwice), ("ended twice", EndedTwice),
        ("end changed", EndChanged), ("not ended", NotEnded), ("run but never accepted", Phantoms), ("ended but never run", NeverRan),
        ("epoch fell", EpochFell),
    ];
}
