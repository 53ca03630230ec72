using System.Globalization;
using Xunit.Abstractions;

namespace Hearth.Tests.Support.Faults;

/// <summary>What a soak was asked for, tells on its way, and leaves in docs/soak-ledger.md.</summary>
public sealed class SoakLedger : ITestOutputHelper
{
    /// <summary>How long, in hours.</summary>
    public const string HoursVariable = "HEARTH_SOAK_HOURS";

    private const string SeedVariable = "HEARTH_SOAK_SEED";

    /// <summary>A file that gets each line as it comes.</summary>
    private const string LogVariable = "HEARTH_SOAK_LOG";

    private readonly DateTimeOffset start = TimeProvider.System.GetUtcNow();
    private readonly string? log = Environment.GetEnvironmentVariable(LogVariable);
    private int rounds;
    private int faults;
    private int jobs;
    private int lost;
    private int endedTwice;
    private int runTwice;

    public TimeSpan Time { get; } = TimeSpan.FromHours(double.Parse(
        Environment.GetEnvironmentVariable(HoursVariable) ?? "0", NumberStyles.Float, CultureInfo.InvariantCulture));

    public int Seed { get; } = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture)
        : Random.Shared.Next(1_000_000);

    public void Tell(string line)
    {
        if (log is not null)
            File.AppendAllText(log, line + Environment.NewLine);
    }

    public void Fault(int round, string name)
    {
        faults++;
        Tell(string.Create(CultureInfo.InvariantCulture, $"Round {round}: {name}"));
    }

    public void Judge(int round, Verdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        rounds++;
        jobs += verdict.Acknowledged;
        lost += verdict.Lost.Count;
        endedTwice += verdict.EndedTwice.Count + verdict.EndChanged.Count;
        runTwice += verdict.RunTwice;
        Tell(string.Create(CultureInfo.InvariantCulture, $"Round {round}: {verdict}"));
    }

    public Task WriteAsync(string outcome)
    {
        var hours = (TimeProvider.System.GetUtcNow() - start).TotalHours;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"| {start:yyyy-MM-dd HH:mm} | {hours:0.00} | {Seed} | {rounds} | {faults} | {jobs} | {lost} | {endedTwice} | {runTwice} | {outcome} |");
        Tell(line);
        return File.AppendAllTextAsync(Path.Combine(Repository.Folder, "docs", "soak-ledger.md"), line + "\n");
    }

    void ITestOutputHelper.WriteLine(string message) => Tell(message);

    void ITestOutputHelper.WriteLine(string format, params object[] args) => Tell(string.Format(CultureInfo.InvariantCulture, format, args));
}
