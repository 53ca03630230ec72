using System.Diagnostics;
using System.Globalization;

namespace Hearth.Tests.Executables;

/// <summary>Looks at processes from outside the product.</summary>
internal static class ProcessWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The ids that programs have written to a file, once there are so many.</summary>
    public static async Task<int[]> PidsAsync(string file, int count)
    {
        var pids = Array.Empty<int>();
        await UntilAsync(TimeSpan.FromSeconds(10), $"{count} pids in {file}", () =>
        {
            pids = File.Exists(file)
                ? [.. File.ReadAllText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(s => int.Parse(s, CultureInfo.InvariantCulture))]
                : [];
            return pids.Length >= count;
        });
        return pids;
    }

    public static Task GoneAsync(TimeSpan within, params int[] pids) =>
        UntilAsync(within, $"the end of {string.Join(", ", pids)}", () => !pids.Any(IsAlive));

    public static async Task UntilAsync(TimeSpan within, string what, Func<bool> holds)
    {
        var start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < within, $"Waited {within} for {what}.");
            await Task.Delay(Look, TimeProvider.System, CancellationToken.None);
        }
    }
}
