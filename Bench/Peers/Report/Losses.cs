using System.Globalization;

namespace Hearth.Bench.Peers;

/// <summary>Where a product did better than Hearth on PostgreSQL, so that nobody has to search the tables for it.</summary>
internal static class Losses
{
    public static IEnumerable<string> Of(PeerReport report) => report.Figures
        .Where(figure => figure.Role == Role.Peer)
        .SelectMany(figure => figure.Phase == "E" ? InLatency(report, figure) : InRate(report, figure));

    private static IEnumerable<string> InRate(PeerReport report, Figure peer)
    {
        if (report.RatioTo(peer) is { } ratio and < 1)
            yield return Text($"{peer.Subject}, {peer.Phase}: {1 / ratio:0.00} times Hearth's rate");
    }

    private static IEnumerable<string> InLatency(PeerReport report, Figure peer)
    {
        if (report.Find("E", PeerReport.Hearth)?.Median is not { Acknowledged: { } acknowledged, Started: { } started } || peer.Median is not { } theirs)
            yield break;
        foreach (var (name, ours, other) in new[]
        {
            ("acknowledged p50", acknowledged.P50, theirs.Acknowledged?.P50), ("acknowledged p99", acknowledged.P99, theirs.Acknowledged?.P99),
            ("started p50", started.P50, theirs.Started?.P50), ("started p99", started.P99, theirs.Started?.P99),
        })
        {
            if (other < ours)
                yield return Text($"{peer.Subject}, E, {name}: {other:0.00} ms, Hearth {ours:0.00} ms");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
