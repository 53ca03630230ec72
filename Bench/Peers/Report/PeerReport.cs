using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>What stands beside what.</summary>
internal enum Role
{
    Hearth,
    Peer,

    /// <summary>What the machine, the database or a bare program reaches: not a product.</summary>
    Reference,
}

/// <summary>One verified measurement.</summary>
/// <param name="Rate">Jobs, calls or rows a second.</param>
/// <param name="Acknowledged">From sent to acknowledged or answered, ms.</param>
/// <param name="Started">From sent to the start of the handler, ms.</param>
internal sealed record Sample(double Rate, Latencies? Acknowledged = null, Latencies? Started = null);

/// <summary>One subject in one phase.</summary>
/// <param name="Phase">A, A-http, B, C, D, E, call or grain.</param>
/// <param name="Subject">Its name in the tables.</param>
/// <param name="Role">What it is.</param>
/// <param name="Settings">Those of the best try, or the only ones.</param>
/// <param name="Jobs">Jobs of a sample; 0: as many as went into a fixed time.</param>
/// <param name="Samples">One for each round.</param>
/// <param name="Failure">Why there is no figure.</param>
internal sealed record Figure(
    string Phase, string Subject, Role Role, string Settings, int Jobs, IReadOnlyList<Sample> Samples, string? Failure = null)
{
    /// <summary>The sample with the median rate; null: none.</summary>
    [JsonIgnore]
    public Sample? Median => Samples.OrderBy(sample => sample.Rate).ElementAtOrDefault(Samples.Count / 2);

    public double Low => Samples.Select(sample => sample.Rate).DefaultIfEmpty().Min();

    public double High => Samples.Select(sample => sample.Rate).DefaultIfEmpty().Max();
}

/// <summary>What the run ran on.</summary>
/// <param name="Processor">Its name.</param>
/// <param name="Cores">Those that the run may use.</param>
/// <param name="MemoryGigabytes">Of the machine.</param>
/// <param name="System">Operating system.</param>
/// <param name="Load">Load average of the minute before the run.</param>
internal sealed record Machine(string Processor, int Cores, double MemoryGigabytes, string System, double Load);

/// <param name="Day">When it ran.</param>
/// <param name="IsQuick">Whether it was a quick run, whose figures vary more.</param>
/// <param name="Minutes">How long it took.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Versions">What ran, by name.</param>
/// <param name="LeftOut">What could not run, and why.</param>
/// <param name="Figures">By subject, as they are to be shown.</param>
internal sealed record PeerReport(
    DateOnly Day, bool IsQuick, double Minutes, Machine Machine, IReadOnlyDictionary<string, string> Versions, IReadOnlyList<string> LeftOut,
    IReadOnlyList<Figure> Figures)
{
    /// <summary>The one beside which all others stand.</summary>
    public const string Hearth = "Hearth on PostgreSQL";

    /// <summary>Calls that store nothing have no store to name.</summary>
    public const string HearthAlone = "Hearth, calls over HTTP";

    public string ToJson() => JsonSerializer.Serialize(this, PeerReportJson.Default.PeerReport);

    public Figure? Find(string phase, string subject) => Figures.FirstOrDefault(figure => figure.Phase == phase && figure.Subject == subject);

    /// <summary>
    /// How many times the rate of <paramref name="other"/> Hearth on PostgreSQL reached: the median of the ratios within each round, because the
    /// machine's speed drifts from round to round. Null where one of them has no figure.
    /// </summary>
    public double? RatioTo(Figure other)
    {
        if ((Find(other.Phase, Hearth) ?? Find(other.Phase, HearthAlone)) is not { } hearth)
            return null;
        var ratios = hearth.Samples.Zip(other.Samples, (ours, theirs) => ours.Rate / theirs.Rate).Order().ToArray();
        return ratios.Length == 0 ? null : ratios[ratios.Length / 2];
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PeerReport))]
internal sealed partial class PeerReportJson : JsonSerializerContext;
