namespace Hearth.Bench.Jobs;

/// <param name="Stores">sqlite, postgres, memory.</param>
/// <param name="Phases">Letters.</param>
/// <param name="Rows">Of the bench of scale.</param>
/// <param name="IsQuick">Few jobs, one round.</param>
/// <param name="Jobs">Jobs that are timed; null: as many as the phase likes.</param>
/// <param name="Queues">How many queues the jobs are spread over.</param>
/// <param name="Json">Where to write all measurements; null: nowhere.</param>
/// <param name="Postgres">Connection string of a server that is there; null: a private one is started.</param>
/// <param name="HasFloor">Whether the floor is measured beside Hearth.</param>
/// <param name="ShowsTypes">Whether to show which types were allocated; slows the run down.</param>
internal sealed record JobBenchOptions(
    IReadOnlyList<string> Stores, IReadOnlyList<string> Phases, IReadOnlyList<string> Rows, bool IsQuick, int? Jobs, int Queues, string? Json, string? Postgres, bool HasFloor,
    bool ShowsTypes)
{
    public const string Help =
        """
        jobs [--store sqlite,postgres,memory] [--phases A,A-http,B,C,D,E] [--quick] [--jobs N] [--queues N] [--no-floor] [--types] [--json FILE] [--postgres CONNECTION]
                           durable jobs, phases A to E, beside a bare program on the same tables, in one run
        """;

    /// <returns>Null when the arguments are not understood.</returns>
    public static JobBenchOptions? Parse(string[] args)
    {
        var options = new JobBenchOptions(["sqlite", "postgres"], ["A", "A-http", "B", "C", "D", "E"], ["memory", "recovery", "ended", "transaction", "queues", "parked", "limits", "customers", "keys", "fair"], false, null, 1, null, null, true, false);
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            JobBenchOptions? with = (args[i], value) switch
            {
                ("--quick", _) => options with { IsQuick = true },
                ("--no-floor", _) => options with { HasFloor = false },
                ("--types", _) => options with { ShowsTypes = true },
                ("--store", { } list) => options with { Stores = list.Split(',') },
                ("--phases", { } list) => options with { Phases = list.Split(',') },
                ("--jobs", { } count) when int.TryParse(count, out var jobs) => options with { Jobs = jobs },
                ("--rows", { } list) => options with { Rows = list.Split(',') },
                ("--queues", { } count) when int.TryParse(count, out var queues) => options with { Queues = queues },
                ("--json", { } file) => options with { Json = file },
                ("--postgres", { } connection) => options with { Postgres = connection },
                _ => null,
            };
            if (with is null)
                return null;
            options = with;
            if (args[i] is not ("--quick" or "--no-floor" or "--types"))
                i++;
        }

        return options;
    }
}
