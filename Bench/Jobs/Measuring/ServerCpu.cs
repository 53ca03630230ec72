using System.Globalization;

namespace Hearth.Bench.Jobs;

/// <summary>Processor time of a process and its children, the ended ones among them: Linux's /proc.</summary>
internal static class ServerCpu
{
    private const double TicksPerSecond = 100;

    public static TimeSpan Of(int process)
    {
        var (_, own, ended) = Read(process.ToString(CultureInfo.InvariantCulture)) ?? default;
        var sum = own + ended;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (Path.GetFileName(folder) is var name && char.IsAsciiDigit(name[0]) && Read(name) is { } child && child.Parent == process)
                sum += child.Own + child.Ended;
        }

        return TimeSpan.FromSeconds(sum / TicksPerSecond);
    }

    /// <summary>Null when it is not on this machine.</summary>
    public static int? ParentOf(int process) => Read(process.ToString(CultureInfo.InvariantCulture))?.Parent;

    private static (int Parent, long Own, long Ended)? Read(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            // The name before it may hold anything.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), Number(11) + Number(12), Number(13) + Number(14));

            long Number(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile; its parent has its time.
            return null;
        }
    }
}
