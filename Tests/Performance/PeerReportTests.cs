using System.Xml.Linq;
using Hearth.Bench.Jobs;
using Hearth.Bench.Peers;

namespace Hearth.Tests.Performance;

/// <summary>What `peers` makes of its measurements.</summary>
public sealed class PeerReportTests
{
    private static readonly Figure Hearth = Rates("A", PeerReport.Hearth, Role.Hearth, 50_000, 20_000, 60_000);
    private static readonly Figure Peer = Rates("A", "a <peer> & co", Role.Peer, 2_500, 2_000, 1_000);
    private static readonly Figure Bare = Rates("A", "bare", Role.Reference, 100_000, 80_000, 120_000);

    [Fact]
    public void The_ratio_is_the_median_of_the_ratios_within_each_round()
    {
        // 20, 10 and 60: what both had in the same round, not the ratio of the medians, which is 25.
        Assert.Equal(20, Report(Hearth, Peer).RatioTo(Peer));
    }

    [Fact]
    public void What_Hearth_did_not_do_has_no_ratio() => Assert.Null(Report(Hearth, Peer).RatioTo(Peer with { Phase = "B" }));

    [Fact]
    public void The_table_shows_Hearth_then_peers_then_references_with_what_Hearth_reached_of_each()
    {
        var lines = PeerTables.Of(Report(Bare, Peer, Hearth, Rates("B", PeerReport.Hearth, Role.Hearth, 300_000))).Split('\n');
        var first = Array.FindIndex(lines, line => line.StartsWith("| Hearth", StringComparison.Ordinal));
        Assert.Equal(
            ["| Hearth on PostgreSQL | 50,000 | 300,000 |", "| a <peer> & co | 2,000 (20x) |  |", "| bare | 100,000 (0.5x) |  |"],
            lines[first..(first + 3)].Select(line => line.Trim()));
    }

    [Fact]
    public void What_failed_is_said_and_has_no_figure()
    {
        var text = PeerTables.Of(Report(Hearth, Peer with { Samples = [], Failure = "3 jobs are missing" }));
        Assert.Contains("| a <peer> & co | failed |", text, StringComparison.Ordinal);
        Assert.Contains("Not measured:\n\n- a <peer> & co, A: 3 jobs are missing", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Latencies_have_a_table_of_their_own()
    {
        var paced = Paced(PeerReport.Hearth, Role.Hearth, 0.4, 4.16);
        Assert.Contains("| Hearth on PostgreSQL | 0.40 / 4.16 | 0.40 / 4.16 |", PeerTables.Of(Report(paced)), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_product_did_better_is_said_and_references_are_no_products()
    {
        var report = Report(
            Hearth, Peer, Bare, Rates("A", "better", Role.Peer, 100_000, 80_000, 60_000), Paced(PeerReport.Hearth, Role.Hearth, 0.4, 4), Paced("sooner", Role.Peer, 0.5, 2));
        Assert.Equal(
            ["better, A: 2.00 times Hearth's rate", "sooner, E, acknowledged p99: 2.00 ms, Hearth 4.00 ms", "sooner, E, started p99: 2.00 ms, Hearth 4.00 ms"],
            Losses.Of(report));
    }

    [Fact]
    public void The_chart_is_XML_with_a_bar_for_each_figure_and_ten_times_as_much_is_one_decade_further()
    {
        var chart = XDocument.Parse(PeerChart.Of(Report(
            Rates("A", PeerReport.Hearth, Role.Hearth, 50_000), Rates("A", "a <peer> & co", Role.Peer, 5_000), Rates("A", "bare", Role.Reference, 500))));
        var widths = chart.Descendants().Where(e => e.Name.LocalName == "rect" && (string?)e.Attribute("class") is "hearth" or "peer" or "reference")
            .Select(e => (double)e.Attribute("width")!).ToArray();
        Assert.Equal(3, widths.Length);
        Assert.Equal(widths[0] - widths[1], widths[1] - widths[2], 0.3);
        Assert.True(widths[2] > 0);
        Assert.Contains(chart.Descendants(), e => e.Value == "a <peer> & co");
    }

    [Theory]
    [InlineData(new[] { 2_000.0, 50_000 }, 3, 5)]
    [InlineData(new[] { 1_000.0 }, 2, 3)]
    [InlineData(new[] { 0.4, 30 }, -1, 2)]
    public void A_scale_has_whole_decades_around_what_it_shows(double[] values, int low, int high) =>
        Assert.Equal(new LogScale(low, high), LogScale.Around(values));

    [Fact]
    public void Figures_replace_those_before_and_leave_the_rest_of_the_document_alone()
    {
        var document = $"# Title\n\n{Section.Begin}\n\nold\n\n{Section.End}\n\nThe end.\n";
        var replaced = Section.Replace(document, "new\n");
        Assert.Equal(document.Replace("old", "new", StringComparison.Ordinal), replaced);
        Assert.Equal(replaced, Section.Replace(replaced, "new"));
        Assert.Throws<FormatException>(() => Section.Replace("# Title\n", "new"));
    }

    private static Figure Rates(string phase, string subject, Role role, params double[] rates) =>
        new(phase, subject, role, "", 1_000, [.. rates.Select(rate => new Sample(rate))]);

    private static Figure Paced(string subject, Role role, double p50, double p99) =>
        new("E", subject, role, "", 4_000, [new Sample(200, new Latencies(p50, p99, 9), new Latencies(p50, p99, 9))]);

    private static PeerReport Report(params Figure[] figures) => new(
        new DateOnly(2026, 1, 2), false, 20, new Machine("a processor", 2, 8, "Linux", 0.1), new Dictionary<string, string> { ["PostgreSQL"] = "15" }, [], figures);
}
