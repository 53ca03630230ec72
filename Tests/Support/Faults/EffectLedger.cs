using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Hearth.Tests.Support.Faults;

/// <summary>One run of a function.</summary>
/// <param name="Job">Its job.</param>
/// <param name="Attempt">As the function was told.</param>
/// <param name="Epoch">Of the job's shard, as the function was told; 0 where it was not.</param>
/// <param name="Silo">The process.</param>
/// <param name="Start">In ticks of the machine's monotonic clock, the same for all its processes.</param>
/// <param name="End">Null when the run never came to its end.</param>
public sealed record Effect(string Job, int Attempt, long Epoch, string Silo, long Start, long? End);

/// <summary>
/// The runs that really took place, told by the functions themselves. It is a folder outside the faulted disk with one file per process, written
/// straight to the system, so that kill -9 loses nothing and no process overwrites another.
/// </summary>
public sealed class EffectLedger : IDisposable
{
    /// <summary>Where a function of another process finds the folder.</summary>
    public const string Variable = "HEARTH_TEST_EFFECTS";

    private readonly Lock gate = new();
    private readonly FileStream file;
    private readonly string silo;
    private long runs;

    public EffectLedger(string folder, string silo)
    {
        this.silo = silo;
        Directory.CreateDirectory(folder);
        file = new FileStream(Path.Combine(folder, $"{silo}-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>The ledger that the test put into the environment of this process.</summary>
    public static EffectLedger OfEnvironment() =>
        new(Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} is not set."),
            "silo" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Notes the start of a run.</summary>
    /// <returns>To be disposed at its end.</returns>
    public IDisposable Run(string job, int attempt = 1, long epoch = 0)
    {
        var run = Interlocked.Increment(ref runs).ToString(CultureInfo.InvariantCulture);
        Add("start", run, job, attempt.ToString(CultureInfo.InvariantCulture), epoch.ToString(CultureInfo.InvariantCulture));
        return new Running(() => Add("end", run, job, "", ""));
    }

    /// <summary>Every run of every process, in the order of their starts.</summary>
    public static IReadOnlyList<Effect> Read(string folder) =>
        [.. Directory.EnumerateFiles(folder).SelectMany(ReadFile).OrderBy(e => e.Start)];

    public void Dispose() => file.Dispose();

    private static IEnumerable<Effect> ReadFile(string path)
    {
        // kind, run, job, attempt, epoch, silo, time
        var lines = LedgerLines.Read(path, fields: 7).ToList();
        var ends = lines.Where(l => l[0] == "end").ToDictionary(l => l[1], l => Number(l[6]), StringComparer.Ordinal);
        return from l in lines
               where l[0] == "start"
               select new Effect(l[2], (int)Number(l[3]), Number(l[4]), l[5], Number(l[6]), ends.TryGetValue(l[1], out var end) ? end : null);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private void Add(string kind, string run, string job, string attempt, string epoch)
    {
        lock (gate)
        {
            var now = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
            file.Write(Encoding.UTF8.GetBytes(LedgerLines.Format(kind, run, job, attempt, epoch, silo, now)));
        }
    }

    private sealed class Running(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
