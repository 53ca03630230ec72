using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Bench.Jobs;

/// <summary>The measurements as tables and as JSON.</summary>
internal sealed class JobReport
{
    private readonly List<(string Title, IReadOnlyList<Measurement> Measured)> phases = [];

    public void Add(string title, IReadOnlyList<Measurement> measured) => phases.Add((title, measured));

    public void Print(string store)
    {
        var output = System.Console.Out;
        output.WriteLine($"\n## {store}\n\n| phase | subject | /s (lowest to highest) | Hearth's share of it |\n|---|---|---|---|");
        foreach (var (phase, subjects) in Of(store))
        {
            var hearth = Median(subjects[0]);
            foreach (var subject in subjects)
            {
                var median = Median(subject);
                output.WriteLine(Text(
                    $"| {phase} | {median.Subject} | {median.Rate:#,0} ({subject.Min(m => m.Rate):#,0} to {subject.Max(m => m.Rate):#,0}) | {hearth.Rate / median.Rate:0.00} |"));
            }
        }

        output.WriteLine("\n| latencies | subject | acknowledged p50 / p99 / max, ms | started p50 / p99 / max, ms |\n|---|---|---|---|");
        foreach (var paced in Of(store).SelectMany(p => p.Subjects).Select(Median).Where(m => m.Acknowledged is not null))
            output.WriteLine($"| {paced.Phase} | {paced.Subject} | {Text(paced.Acknowledged)} | {Text(paced.Started)} |");

        output.WriteLine(
            """

            | per job | subject | commits | statements | rows | bytes sent | bytes of log | bytes allocated | CPU of this process, us | CPU of the database, us |
            |---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (var (phase, subjects) in Of(store))
        {
            foreach (var median in subjects.Select(Median))
            {
                var (use, jobs) = (median.Usage, (double)median.Jobs);
                output.WriteLine(Text(
                    $"| {median.Phase} | {median.Subject} | {use.Commits / jobs:0.0000} | {use.Statements / jobs:0.000} | {use.Rows / jobs:0.00} | {use.Sent / jobs:0} | {use.Log / jobs:0} | {use.Allocated / jobs:#,0} | {use.ClientCpu * 1e6 / jobs:0.0} | {use.ServerCpu * 1e6 / jobs:0.0} |"));
            }
        }
    }

    public async Task WriteAsync(string file)
    {
        await using var to = File.Create(file);
        await JsonSerializer.SerializeAsync(to, phases.SelectMany(p => p.Measured).ToList(), MeasurementJson.Default.ListMeasurement);
    }

    private IEnumerable<(string Phase, List<List<Measurement>> Subjects)> Of(string store) => phases
        .Where(p => p.Measured[0].Store == store)
        .Select(p => (p.Title, p.Measured.GroupBy(m => m.Subject).Select(g => g.ToList()).ToList()));

    private static Measurement Median(List<Measurement> measured) => measured.OrderBy(m => m.Rate).ElementAt(measured.Count / 2);

    private static string Text(Latencies? l) => l is null ? "" : Text($"{l.P50:0.00} / {l.P99:0.00} / {l.Max:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(List<Measurement>))]
internal sealed partial class MeasurementJson : JsonSerializerContext;
