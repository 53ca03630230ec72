using System.Globalization;

namespace Hearth.Bench.Peers;

/// <param name="IsQuick">Few jobs, one round, the first settings of each peer.</param>
/// <param name="Phases">A, A-http, B, C, D, E, call, grain.</param>
/// <param name="Subjects">Only those whose names contain one of these; null: all.</param>
/// <param name="Jobs">Jobs that are timed; null: as many as the phase and the peer like.</param>
/// <param name="Output">Folder of the figures; null: docs/performance.</param>
internal sealed record PeerOptions(bool IsQuick, IReadOnlyList<string> Phases, IReadOnlyList<string>? Subjects, int? Jobs, string? Output)
{
    public const string Help =
        """
        peers [--quick] [--phases A,A-http,B,C,D,E,call,grain] [--subjects NAME,NAME] [--jobs N] [--output FOLDER]
                           Hearth beside other job queues, doing the same work in one run; writes peers.json, peers.svg and the table of peers.md
        """;

    /// <returns>Null when the arguments are not understood.</returns>
    public static PeerOptions? Parse(string[] args)
    {
        var options = new PeerOptions(false, ["A", "A-http", "B", "C", "D", "E", "call", "grain"], null, null, null);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
            {
                options = options with { IsQuick = true };
                continue;
            }

            if (i + 1 == args.Length || options.With(args[i], args[++i]) is not { } with)
                return null;
            options = with;
        }

        return options;
    }

    public bool Has(string subject) => Subjects is null || Subjects.Any(name => subject.Contains(name, StringComparison.OrdinalIgnoreCase));

    private PeerOptions? With(string option, string value) => option switch
    {
        "--phases" => this with { Phases = value.Split(',') },
        "--subjects" => this with { Subjects = value.Split(',') },
        "--jobs" when int.TryParse(value, CultureInfo.InvariantCulture, out var jobs) && jobs > 0 => this with { Jobs = jobs },
        "--output" => this with { Output = value },
        _ => null,
    };
}
