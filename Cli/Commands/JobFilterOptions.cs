using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary>Which jobs: all conditions hold.</summary>
internal sealed class JobFilterOptions
{
    private static readonly string[] States = [.. Enum.GetValues<JobState>().Where(s => s != JobState.Unknown).Select(Tables.Name)];

    private readonly Option<string?> queue = Condition("--queue", "Of this queue.", "-q");
    private readonly Option<string?> function = Condition("--function", "Of this function.");
    private readonly Option<string?> state = Condition("--state", "In this state.");
    private readonly Option<string?> tag = Condition("--tag", "With this tag.", "-t");
    private readonly Option<string?> from = Condition("--from", "Accepted at or after, such as 2030-01-31T12:00:00Z.");
    private readonly Option<string?> to = Condition("--to", "Accepted before.");
    private readonly Option<string?> error = Condition("--error", "Whose error, or its type, contains this text.");

    private readonly bool isOfQueue;

    /// <param name="isOfQueue">Queue and state are given otherwise.</param>
    public JobFilterOptions(bool isOfQueue = false)
    {
        this.isOfQueue = isOfQueue;
        state.AcceptOnlyFromAmong(States);
    }

    private Option<string?>[] All => isOfQueue ? [function, tag, from, to, error] : [queue, function, state, tag, from, to, error];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
    }

    /// <summary>Whether there is any condition.</summary>
    public bool IsGiven(ParseResult parsed) => Array.Exists(All, option => parsed.GetValue(option) is not null);

    public JobQuery Query(ParseResult parsed) => new()
    {
        Queue = isOfQueue ? null : parsed.GetValue(queue),
        Function = parsed.GetValue(function),
        State = !isOfQueue && parsed.GetValue(state) is { } name ? Enum.Parse<JobState>(name, ignoreCase: true) : null,
        Tag = parsed.GetValue(tag),
        From = Time(parsed, from),
        To = Time(parsed, to),
        Error = parsed.GetValue(error),
    };

    private static Option<string?> Condition(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    private static DateTimeOffset? Time(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) => time,
        var text => throw new UsageException($"{option.Name}: '{text}' is not a time: write 2030-01-31T12:00:00Z, or 2030-01-31 12:00 in the zone of this machine."),
    };
}
