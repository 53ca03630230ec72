using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth jobs list</c>.</summary>
internal sealed class JobListCommand : Command
{
    private const int PageMax = 1_000;

    private static readonly string[] Columns = ["ID", "QUEUE", "FUNCTION", "STATE", "ATTEMPT", "AGE", "ERROR"];
    private static readonly string[] States = [.. Enum.GetValues<JobState>().Where(s => s != JobState.Unknown).Select(Tables.Name)];

    private readonly Option<string?> queue = Condition("--queue", "Of this queue.", "-q");
    private readonly Option<string?> function = Condition("--function", "Of this function.");
    private readonly Option<string?> state = Condition("--state", "In this state.");
    private readonly Option<string?> tag = Condition("--tag", "With this tag.", "-t");
    private readonly Option<string?> from = Condition("--from", "Accepted at or after, such as 2030-01-31T12:00:00Z.");
    private readonly Option<string?> to = Condition("--to", "Accepted before.");
    private readonly Option<string?> error = Condition("--error", "Whose error, or its type, contains this text.");
    private readonly Option<int> limit = new("--limit", "-n") { Description = "At most so many.", HelpName = "NUMBER", DefaultValueFactory = _ => 50 };

    public JobListCommand(ConnectionOptions connection)
        : base("list", "Lists jobs, newest first.")
    {
        state.AcceptOnlyFromAmong(States);
        foreach (var option in new Option[] { queue, function, state, tag, from, to, error, limit })
            Options.Add(option);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var count = parsed.GetValue(limit) is var asked and > 0 ? asked : throw new UsageException("--limit must be above zero.");
            var jobs = await session.Client.QueryAsync(Query(parsed, count), token).Take(count).ToListAsync(token);
            if (session.IsJson)
                JsonOut.Print(jobs);
            else
                Tables.Print(session.Terminal, Columns, jobs.Select(Row));
            return ExitCode.Done;
        }, cancellationToken));
    }

    private JobQuery Query(ParseResult parsed, int count) => new()
    {
        Queue = parsed.GetValue(queue),
        Function = parsed.GetValue(function),
        State = parsed.GetValue(state) is { } name ? Enum.Parse<JobState>(name, ignoreCase: true) : null,
        Tag = parsed.GetValue(tag),
        From = Time(parsed, from),
        To = Time(parsed, to),
        Error = parsed.GetValue(error),
        PageSize = Math.Min(count, PageMax),
    };

    private static Option<string?> Condition(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    private static DateTimeOffset? Time(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) => time,
        var text => throw new UsageException($"{option.Name}: '{text}' is not a time: write 2030-01-31T12:00:00Z, or 2030-01-31 12:00 in the zone of this machine."),
    };

    private static Spectre.Console.Rendering.IRenderable[] Row(Job job) =>
    [
        Tables.Cell(job.Id), Tables.Cell(job.Queue), Tables.Cell(job.Function), Tables.Cell(job.State), Tables.Cell(job.Attempt), Tables.Age(job.AcceptedAt),
        Tables.Cell(job.Error?.ReplaceLineEndings(" ")),
    ];
}
