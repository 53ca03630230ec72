using System.Globalization;
using System.Text;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>The report as tables in Markdown. "2.0x" beside a figure: Hearth on PostgreSQL was twice as fast in the same rounds.</summary>
internal static class PeerTables
{
    /// <summary>The phases that count jobs a second, with the heads of their columns.</summary>
    public static readonly IReadOnlyList<(string Phase, string Title)> Rates =
        [("A", "A: single submits, 64 at a time"), ("A-http", "A over HTTP"), ("B", "B: submits of 1,000"), ("C", "C: drain of a backlog"), ("D", "D: submits and drain together")];

    private const string Failed = "failed";

    public static string Of(PeerReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(Conditions(report)).AppendLine();
        AddRates(text, report);
        AddLatencies(text, report);
        AddCalls(text, report);
        AddList(text, "Where a product did better than Hearth on PostgreSQL:", Losses.Of(report));
        AddList(
            text, "Not measured:",
            report.LeftOut.Concat(report.Figures.Where(f => f.Failure is not null).Select(f => $"{f.Subject}, {f.Phase}: {f.Failure}")));
        return text.ToString();
    }

    private static string Conditions(PeerReport report)
    {
        var kind = report.IsQuick ? "**A quick run**: one round of few jobs, in which single figures vary by half. " : "";
        var busy = report.Machine.Load > report.Machine.Cores ? Text($"**Something else ran on the machine** (load {report.Machine.Load:0.0}). ") : "";
        var versions = string.Join(", ", report.Versions.Select(version => $"{version.Key} {version.Value}"));
        return Text(
            $"{kind}{busy}{report.Day:yyyy-MM-dd}, {report.Minutes:0} minutes on {report.Machine.Cores} cores ({report.Machine.Processor}, {report.Machine.MemoryGigabytes:0} GB, {report.Machine.System}). {versions}.");
    }

    private static void AddRates(StringBuilder text, PeerReport report)
    {
        var columns = Rates.Where(column => report.Figures.Any(figure => figure.Phase == column.Phase)).ToArray();
        if (columns.Length == 0)
            return;
        text.AppendLine("| jobs a second | " + string.Join(" | ", columns.Select(column => column.Title)) + " |");
        text.AppendLine("|---|" + string.Concat(columns.Select(_ => "---|")));
        foreach (var subject in Subjects(report, columns.Select(column => column.Phase)))
        {
            var cells = columns.Select(column => report.Find(column.Phase, subject) is { } figure ? Rate(report, figure) : "");
            text.AppendLine($"| {subject} | " + string.Join(" | ", cells) + " |");
        }

        text.AppendLine();
    }

    private static void AddLatencies(StringBuilder text, PeerReport report)
    {
        var subjects = Subjects(report, ["E"]).ToArray();
        if (subjects.Length == 0)
            return;
        text.AppendLine("| E: 200 jobs a second, one by one | acknowledged p50 / p99, ms | started p50 / p99, ms |").AppendLine("|---|---|---|");
        foreach (var subject in subjects)
        {
            var sample = report.Find("E", subject)!.Median;
            text.AppendLine($"| {subject} | {Waits(sample?.Acknowledged)} | {Waits(sample?.Started)} |");
        }

        text.AppendLine();
    }

    private static void AddCalls(StringBuilder text, PeerReport report)
    {
        var calls = report.Figures.Where(figure => figure.Phase is "call" or "grain").ToArray();
        if (calls.Length == 0)
            return;
        text.AppendLine("| calls that store nothing | /s | p50 / p99, ms |").AppendLine("|---|---|---|");
        foreach (var figure in calls)
            text.AppendLine($"| {figure.Subject} | {Rate(report, figure)} | {(figure.Median?.Acknowledged is { } waits ? Waits(waits) : "")} |");
        text.AppendLine();
    }

    private static void AddList(StringBuilder text, string title, IEnumerable<string> lines)
    {
        if (lines.ToArray() is not { Length: > 0 } list)
            return;
        text.AppendLine(title).AppendLine();
        foreach (var line in list)
            text.AppendLine($"- {line}");
        text.AppendLine();
    }

    /// <summary>Hearth first, then products, then references.</summary>
    private static IEnumerable<string> Subjects(PeerReport report, IEnumerable<string> phases) => report.Figures
        .Where(figure => phases.Contains(figure.Phase)).OrderBy(figure => figure.Role).Select(figure => figure.Subject).Distinct();

    private static string Rate(PeerReport report, Figure figure)
    {
        if (figure.Median is not { } median)
            return Failed;
        var ratio = figure.Role == Role.Hearth ? null : report.RatioTo(figure);
        return Text($"{median.Rate:#,0}") + (ratio is { } times ? Text($" ({Times(times)}x)") : "");
    }

    private static string Times(double ratio) => Text($"{Math.Round(ratio, ratio < 10 ? 2 : ratio < 100 ? 1 : 0)}");

    private static string Waits(Latencies? waits) => waits is null ? Failed : Text($"{waits.P50:0.00} / {waits.P99:0.00}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
