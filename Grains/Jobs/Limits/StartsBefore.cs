namespace Hearth.Jobs;

/// <summary>What an owner of a shard knows of the starts before its time.</summary>
internal sealed class StartsBefore
{
    private readonly Dictionary<Guid, List<(long At, int Count)>> stored;

    /// <summary>There were none, or none that count.</summary>
    public static StartsBefore None { get; } = new([], null);

    /// <param name="rows">What is stored; negative counts give back.</param>
    /// <param name="doubtfulUntil">Up to this time there may have been starts that are not stored, in ticks; null: none.</param>
    public StartsBefore(IEnumerable<(Guid Scope, long At, int Count)> rows, long? doubtfulUntil)
    {
        DoubtfulUntil = doubtfulUntil;
        stored = rows.GroupBy(row => row.Scope).ToDictionary(
            scope => scope.Key,
            scope => scope.GroupBy(row => row.At).Select(same => (At: same.Key, Count: (int)Math.Clamp(same.Sum(row => (long)row.Count), 0, int.MaxValue)))
                .OrderBy(start => start.At).ToList());
    }

    public long? DoubtfulUntil { get; private set; }

    /// <summary>If there is a doubt, it lasts until this time, in ticks.</summary>
    public void ExtendDoubt(long until) => DoubtfulUntil = DoubtfulUntil is { } now ? Math.Max(now, until) : null;

    /// <summary>All starts of a scope, by time; null when there may be others.</summary>
    public IReadOnlyList<(long At, int Count)>? Of(Guid scope, bool isStored) =>
        !isStored && DoubtfulUntil is not null ? null
        // Whoever asks keeps it: nobody asks again before all of it is over.
        : stored.Remove(scope, out var known) ? known
        : isStored && DoubtfulUntil is not null ? [] : null;
}
