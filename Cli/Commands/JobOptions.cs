using System.CommandLine;
using Hearth.Cli.Input;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary>What a job may ask for beside its function and input.</summary>
internal sealed class JobOptions
{
    private readonly Option<string?> delay = Duration("--delay", "Not to start before this time has passed.");
    private readonly Option<string?> expireAfter = Duration("--expire-after", "It ends as cancelled when it has not started after this time.");
    private readonly Option<string?> timeout = Duration("--timeout", "Longest run of one attempt. [default: the function's]");
    private readonly Option<int?> priority = new("--priority") { Description = "1 (first) to 5. [default: 3]", HelpName = "NUMBER" };
    private readonly Option<int?> attempts = new("--attempts") { Description = "Attempts in all; 1: no retry. [default: the function's]", HelpName = "NUMBER" };
    private readonly Option<string[]> tag = new("--tag", "-t") { Description = "To find it by; can be given several times.", HelpName = "TAG" };
    private readonly Option<string?> key = new("--job-key")
    {
        Description = "What limits per key, order and fairness of the queue go by.", HelpName = "KEY",
    };

    private readonly Option<string?> unique = new("--unique")
    {
        Description = "Jobs of the function with the same key are alike: not to be accepted while another is known, or as --unique-mode says.", HelpName = "KEY",
    };

    private readonly Option<JobUniqueMode?> mode = new("--unique-mode")
    {
        Description = "What happens to a job of which another like it is known: refuse, throttle (the first in a period runs), debounce (the last of a burst runs), latest (the last one waits for the one that runs). [default: refuse]",
        HelpName = "MODE",
    };

    private readonly Option<string?> within = Duration("--unique-within", "How long ago the other may have been accepted. [default: 24h]");
    private readonly Option<string?> wait = Duration("--unique-wait", "With debounce: it starts when none has come for so long.");
    private readonly Option<string?> max = Duration("--unique-max", "With debounce: but at most so long after the first.");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { delay, expireAfter, timeout, priority, attempts, tag, key, unique, mode, within, wait, max })
            command.Options.Add(option);
    }

    public NewJob Apply(ParseResult parsed, NewJob job) => job with
    {
        Delay = Read(parsed, delay),
        ExpireAfter = Read(parsed, expireAfter),
        Timeout = Read(parsed, timeout),
        Priority = parsed.GetValue(priority),
        Retry = parsed.GetValue(attempts) is { } count ? new JobRetry(Attempts: count) : null,
        Tags = parsed.GetValue(tag) is { Length: > 0 } tags ? tags : null,
        Key = parsed.GetValue(key),
        Unique = ReadUnique(parsed),
    };

    private JobUnique? ReadUnique(ParseResult parsed)
    {
        var (alike, how) = (parsed.GetValue(unique), parsed.GetValue(mode));
        var (period, pause, longest) = (Read(parsed, within), Read(parsed, wait), Read(parsed, max));
        if (alike is null && (how, period, pause, longest) is not (null, null, null, null))
            throw new UsageException("--unique-mode, --unique-within, --unique-wait and --unique-max say more about --unique KEY, which is missing.");
        return alike is null ? null : new JobUnique(alike, period) { Mode = how, Wait = pause, Max = longest };
    }

    private static Option<string?> Duration(string name, string description) => new(name) { Description = description, HelpName = "DURATION" };

    private static TimeSpan? Read(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? DurationText.Parse(text, option.Name) : null;
}
