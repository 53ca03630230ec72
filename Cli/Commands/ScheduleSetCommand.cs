using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Connecting;
using Hearth.Cli.Input;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth schedules set</c>.</summary>
internal sealed class ScheduleSetCommand : Command
{
    private readonly Argument<string> name = new("NAME") { Description = "The schedule." };
    private readonly InputOptions input = new();
    private readonly Option<string?> definition = Text("--definition", "FILE", "Instead of all else: the definition as the API takes it, in a file; - for standard input.");
    private readonly Option<string?> cron = Text("--cron", "EXPRESSION", "When: five fields, or six with seconds in front.");
    private readonly Option<string?> every = Text("--every", "DURATION", "Instead: the time between ticks.");
    private readonly Option<string?> at = Text("--at", "TIME", "Instead: the only tick.");
    private readonly Option<string?> timeZone = Text("--time-zone", "ZONE", "Of --cron: a name such as Europe/Berlin. [default: UTC]");
    private readonly Option<string?> jitter = Text("--jitter", "DURATION", "Each tick's job is submitted up to this much later.");
    private readonly Option<string?> overlap = Text("--overlap", "POLICY", "What becomes of a tick while a job of an earlier one has not ended. [default: skip]");
    private readonly Option<string?> catchUp = Text("--catch-up", "POLICY", "What becomes of missed ticks. [default: one]");
    private readonly Option<string?> queue = Text("--queue", "QUEUE", "The queue of its jobs. [default: default]", "-q");
    private readonly Option<string?> description = Text("--description", "TEXT", "For people.");
    private readonly Option<bool> paused = new("--paused") { Description = "It does not tick until it is resumed." };

    public ScheduleSetCommand(ConnectionOptions connection)
        : base("set", "Makes a schedule, or gives it another definition.")
    {
        overlap.AcceptOnlyFromAmong("skip", "bufferOne", "bufferAll", "cancelOther", "allow");
        catchUp.AcceptOnlyFromAmong("skip", "one", "all");
        Arguments.Add(name);
        input.AddTo(this, isOptional: true);
        foreach (var option in new Option[] { definition, cron, every, at, timeZone, jitter, overlap, catchUp, queue, description, paused })
            Options.Add(option);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            SchedulesCommand.Say(session, await PutAsync(parsed, session.Client, token));
            return ExitCode.Done;
        }, cancellationToken));
    }

    private async Task<ScheduleInfo> PutAsync(ParseResult parsed, IHearthClient client, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(definition);
        if (path is null == !input.HasAny(parsed))
            throw new UsageException("Say what it runs and when: either FUNCTION and its options, or --definition FILE.");
        if (path is not null)
            return await client.PutScheduleAsync(parsed.GetValue(name)!, await JsonFile.ReadAsync(definition.Name, path, cancellationToken), cancellationToken: cancellationToken);
        var job = new NewJob(input.Function(parsed), await input.ReadAsync(parsed, client, cancellationToken)) { Parameters = input.Parameters(parsed) };
        return await client.PutScheduleAsync(parsed.GetValue(name)!, New(parsed, job), cancellationToken: cancellationToken);
    }

    private NewSchedule New(ParseResult parsed, NewJob job) => new(job)
    {
        Cron = parsed.GetValue(cron),
        Every = Duration(parsed, every),
        At = Time(parsed, at),
        TimeZone = parsed.GetValue(timeZone),
        Jitter = Duration(parsed, jitter),
        Overlap = parsed.GetValue(overlap),
        CatchUp = parsed.GetValue(catchUp),
        Queue = parsed.GetValue(queue),
        Description = parsed.GetValue(description),
        Paused = parsed.GetValue(paused) ? true : null,
    };

    private static Option<string?> Text(string name, string help, string description, params string[] aliases) => new(name, aliases) { Description = description, HelpName = help };

    private static TimeSpan? Duration(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? DurationText.Parse(text, option.Name) : null;

    public static DateTimeOffset? Time(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) => time,
        var text => throw new UsageException($"{option.Name} {text} is not a time, such as 2030-01-31T12:00:00Z."),
    };
}
