using System.Globalization;

namespace Hearth.Cluster;

/// <summary>
/// How busy this machine's processors are, all that runs on it counted: executables that silos start, databases, neighbours. From the first line of
/// <c>/proc/stat</c> (<see href="https://man7.org/linux/man-pages/man5/proc_stat.5.html">proc_stat(5)</see>); where there is none, this process alone counts.
/// </summary>
internal sealed class ProcessorMeter : IDisposable
{
    private const string Source = "/proc/stat";

    /// <summary>Of the numbers: idle, and waiting for input and output.</summary>
    private const int Idle = 3;

    /// <summary>Those after it are parts of others.</summary>
    private const int Counted = 8;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private (double Busy, double All) before;
    private int? percent;

    /// <param name="clock">By which it looks, every 3 s.</param>
    public ProcessorMeter(TimeProvider clock)
    {
        this.clock = clock;
        before = Read();
        timer = clock.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>Busy during the last 3 to 6 s; null for the first 3 s.</summary>
    public int? Percent
    {
        get
        {
            lock (gate)
                return percent;
        }
    }

    public void Dispose() => timer.Dispose();

    /// <summary>Busy and all time so far, of a line <c>cpu user nice system idle iowait irq softirq steal ...</c>.</summary>
    internal static (double Busy, double All) Parse(string line)
    {
        var numbers = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Counted)
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToList();
        var all = numbers.Sum();
        return (all - numbers[Idle] - numbers[Idle + 1], all);
    }

    private void Look()
    {
        lock (gate)
        {
            var now = Read();
            var all = now.All - before.All;
            if (all > 0)
                percent = (int)Math.Clamp(Math.Round((now.Busy - before.Busy) / all * 100), 0, 100);
            before = now;
        }
    }

    private (double Busy, double All) Read() => File.Exists(Source)
        ? Parse(File.ReadLines(Source).First())
        : (Environment.CpuUsage.TotalTime.TotalSeconds, clock.GetElapsedTime(0).TotalSeconds * Environment.ProcessorCount);
}
