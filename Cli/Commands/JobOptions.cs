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
        Description = "Not to be accepted while another of the function with this key is known.", HelpName = "KEY",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { delay, expireAfter, timeout, priority, attempts, tag, key, unique })
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
        Unique = parsed.GetValue(unique) is { } alike ? new JobUnique(alike) : null,
    };

    private static Option<string?> Duration(string name, string description) => new(name) { Description = description, HelpName = "DURATION" };

    private static TimeSpan? Read(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? DurationText.Parse(text, option.Name) : null;
}
