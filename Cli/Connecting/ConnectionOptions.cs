using System.CommandLine;
using Hearth.Cli.Input;

namespace Hearth.Cli.Connecting;

/// <summary>The options that every command has.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> url = new("--url")
    {
        Description = "Address of a silo. [default: HEARTH_URL, the configuration file, http://localhost:8080]", Recursive = true, HelpName = "URL",
    };

    private readonly Option<string?> keyFile = new("--key-file")
    {
        Description = "File with the key, readable by you alone. [default: HEARTH_API_KEY, the configuration file]", Recursive = true, HelpName = "FILE",
    };

    private readonly Option<string?> retryFor = new("--retry-for")
    {
        Description = "How long to try while no silo can be reached, or one asks to come back. [default: not at all while none can be reached, else 30s]",
        Recursive = true, HelpName = "DURATION",
    };

    private readonly Option<bool> json = new("--json") { Description = "Print JSON for scripts.", Recursive = true };

    public void AddTo(Command root)
    {
        root.Options.Add(url);
        root.Options.Add(keyFile);
        root.Options.Add(retryFor);
        root.Options.Add(json);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <exception cref="UsageException">A setting cannot be.</exception>
    public Settings Read(ParseResult parsed) => Settings.Resolve(
        parsed.GetValue(url), parsed.GetValue(keyFile), parsed.GetValue(retryFor) is { } text ? DurationText.Parse(text, "--retry-for") : null);
}
