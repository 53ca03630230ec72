using System.Diagnostics;

namespace Hearth.Bench.Jobs;

/// <summary>Latencies in milliseconds.</summary>
internal sealed record Latencies(double P50, double P99, double? Max)
{
    /// <summary>Of waits in <see cref="Stopwatch"/> ticks.</summary>
    public static Latencies Of(IEnumerable<long> waits)
    {
        var sorted = waits.Order().ToArray();
        return new Latencies(At(0.5), At(0.99), At(1));

        double At(double share) => Stopwatch.GetElapsedTime(0, sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)]).TotalMilliseconds;
    }
}
