namespace Hearth.Bench.Peers;

/// <summary>Whole decades around what is shown, from 0 to 1.</summary>
/// <param name="Low">Exponent of the lowest.</param>
/// <param name="High">Exponent of the highest.</param>
internal sealed record LogScale(int Low, int High)
{
    /// <summary>Of positive values; the lowest keeps a little room, or its bar would have no length.</summary>
    public static LogScale Around(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var low = (int)Math.Floor(Math.Log10(sorted[0] / 1.5));
        return new LogScale(low, Math.Max(low + 1, (int)Math.Ceiling(Math.Log10(sorted[^1]))));
    }

    public IEnumerable<int> Decades => Enumerable.Range(Low, High - Low + 1);

    public double At(double value) => Math.Clamp((Math.Log10(value) - Low) / (High - Low), 0, 1);
}
