using System.Globalization;

namespace Hearth.Tests.Support.Jobs;

/// <summary>Random tests, of which a failure names its seed. HEARTH_SEED runs that one.</summary>
internal static class Seeds
{
    private static readonly int? Given =
        int.TryParse(Environment.GetEnvironmentVariable("HEARTH_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;

    /// <summary>Runs some, one after the other.</summary>
    /// <returns>The sum of what they return.</returns>
    public static async Task<int> RunAsync(int count, Func<int, Task<int>> run)
    {
        var sum = 0;
        for (var i = 0; i < count; i++)
        {
            var seed = Given ?? Random.Shared.Next(1 << 30) + i;
            try
            {
                sum += await run(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"HEARTH_SEED={seed}: {e.Message}", e);
            }
        }

        return sum;
    }
}
