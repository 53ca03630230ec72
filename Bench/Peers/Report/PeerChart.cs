using System.Globalization;
using System.Security;
using System.Text;

namespace Hearth.Bench.Peers;

/// <summary>
/// The report as bars on a logarithmic scale, in SVG: a panel for each phase. It paints its own ground, light or dark as the viewer likes it.
/// </summary>
internal static class PeerChart
{
    private const int Width = 900;
    private const int Left = 330;
    private const int Right = 90;
    private const int RowHeight = 20;
    private const int PanelHead = 34;
    private const int PanelFoot = 30;

    private const string Style =
        """
        text { font: 12px system-ui, sans-serif; fill: #1f2328 }
        .ground { fill: #ffffff } .title { font-weight: 600; font-size: 13px } .axis { fill: #59636e; font-size: 10px }
        .line { stroke: #d1d9e0 } .hearth { fill: #c2410c } .peer { fill: #64748b } .reference { fill: #cbd5e1 }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 } .ground { fill: #0d1117 } .axis { fill: #9198a1 }
          .line { stroke: #30363d } .hearth { fill: #fb923c } .peer { fill: #94a3b8 } .reference { fill: #475569 }
        }
        """;

    public static string Of(PeerReport report)
    {
        var body = new StringBuilder();
        var top = 10;
        foreach (var (phase, title) in PeerTables.Rates)
            top = AddPanel(body, top, $"{title}, jobs a second (longer is better)", Bars(report, phase, sample => (null, sample.Rate)));
        top = AddPanel(
            body, top, "E: from sent to started, p50 to p99, ms (further left is better)",
            Bars(report, "E", sample => sample.Started is { } started ? (started.P50, started.P99) : null));
        top = AddPanel(body, top, "calls that store nothing, a second (longer is better)", [.. Bars(report, "call", Rate), .. Bars(report, "grain", Rate)]);
        var svg = new StringBuilder();
        svg.AppendLine(Text($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {top}\" role=\"img\" aria-label=\"Hearth beside its peers\">"));
        svg.AppendLine("<style>").AppendLine(Style).AppendLine("</style>");
        svg.AppendLine(Text($"<rect class=\"ground\" width=\"{Width}\" height=\"{top}\"/>"));
        return svg.Append(body).AppendLine("</svg>").ToString();

        static (double? From, double To)? Rate(Sample sample) => (null, sample.Rate);
    }

    private static Bar[] Bars(PeerReport report, string phase, Func<Sample, (double? From, double To)?> of) =>
    [
        .. report.Figures.Where(figure => figure.Phase == phase).OrderBy(figure => figure.Role)
            .Select(figure => (figure, Range: figure.Median is { } median ? of(median) : null))
            .Where(bar => bar.Range is not null)
            .Select(bar => new Bar(bar.figure.Subject, bar.figure.Role, bar.Range!.Value.From, bar.Range.Value.To)),
    ];

    /// <returns>Where the next one begins.</returns>
    private static int AddPanel(StringBuilder svg, int top, string title, Bar[] bars)
    {
        if (bars.Length == 0)
            return top;
        var scale = LogScale.Around(bars.SelectMany(bar => new[] { bar.From ?? bar.To, bar.To }));
        var rows = top + PanelHead;
        var bottom = rows + (bars.Length * RowHeight);
        svg.AppendLine(Text($"<text class=\"title\" x=\"10\" y=\"{top + 20}\">{SecurityElement.Escape(title)}</text>"));
        foreach (var decade in scale.Decades)
        {
            var x = X(scale, Math.Pow(10, decade));
            svg.AppendLine(Text($"<line class=\"line\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"{rows - 4}\" y2=\"{bottom}\"/>"));
            svg.AppendLine(Text($"<text class=\"axis\" x=\"{x:0.#}\" y=\"{bottom + 13}\" text-anchor=\"middle\">{Number(Math.Pow(10, decade))}</text>"));
        }

        for (var row = 0; row < bars.Length; row++)
            AddBar(svg, rows + (row * RowHeight), bars[row], scale);
        return bottom + PanelFoot;
    }

    private static void AddBar(StringBuilder svg, int y, Bar bar, LogScale scale)
    {
        var from = bar.From is { } value ? X(scale, value) : Left;
        var to = Math.Max(from + 2, X(scale, bar.To));
        var figure = bar.From is { } low ? $"{Number(low)} to {Number(bar.To)}" : Number(bar.To);
        svg.AppendLine(Text($"<text x=\"{Left - 8}\" y=\"{y + 13}\" text-anchor=\"end\">{SecurityElement.Escape(bar.Subject)}</text>"));
        svg.AppendLine(Text($"<rect class=\"{bar.Class}\" x=\"{from:0.#}\" y=\"{y + 2}\" width=\"{to - from:0.#}\" height=\"{RowHeight - 5}\"/>"));
        svg.AppendLine(Text($"<text x=\"{to + 5:0.#}\" y=\"{y + 13}\">{figure}</text>"));
    }

    private static double X(LogScale scale, double value) => Left + (scale.At(value) * (Width - Left - Right));

    private static string Number(double value) => value >= 10 ? Text($"{value:#,0}") : Text($"{value:0.##}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <param name="Subject">Its label.</param>
    /// <param name="Role">Its colour.</param>
    /// <param name="From">Where it begins; null: at the edge.</param>
    /// <param name="To">Where it ends.</param>
    private sealed record Bar(string Subject, Role Role, double? From, double To)
    {
        public string Class => Role switch { Role.Hearth => "hearth", Role.Peer => "peer", _ => "reference" };
    }
}
