namespace Hearth.Bench.Peers;

/// <summary>One subject in one phase, ready to be measured any number of times, each on an empty store.</summary>
/// <param name="Phase">A, A-http, B, C, D, E, call or grain.</param>
/// <param name="Subject">Its name in the tables.</param>
/// <param name="Role">What it is.</param>
/// <param name="Jobs">Jobs of a full sample; 0: as many as go into a fixed time.</param>
/// <param name="Variants">Settings to try; the best is measured.</param>
internal sealed record Lane(string Phase, string Subject, Role Role, int Jobs, IReadOnlyList<Variant> Variants)
{
    /// <summary>Runs in this process, whose code has to be compiled first.</summary>
    public bool NeedsWarmUp { get; init; }

    /// <summary>The best of tries with a fifth of the jobs; a quick run takes the first.</summary>
    public async Task<Variant> ChooseAsync(bool isQuick)
    {
        Variant[] tried = isQuick ? [Variants[0]] : [.. Variants];
        if (tried.Length == 1 && !NeedsWarmUp)
            return tried[0];
        var scores = new Dictionary<Variant, double>();
        foreach (var variant in tried)
            scores[variant] = ScoreOf(await variant.MeasureAsync(Math.Max(200, Jobs / 5)));
        return scores.MaxBy(score => score.Value).Key;
    }

    /// <summary>Where the rate is given, what counts is how soon a job starts.</summary>
    private static double ScoreOf(Sample sample) => sample.Started is { } started ? -started.P50 : sample.Rate;
}

/// <param name="Settings">For the report.</param>
/// <param name="MeasureAsync">Takes a verified sample of so many jobs.</param>
internal sealed record Variant(string Settings, Func<int, Task<Sample>> MeasureAsync);
