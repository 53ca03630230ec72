using System.CommandLine;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Connecting;

/// <summary>What a command works with.</summary>
/// <param name="Client">Whom to ask.</param>
/// <param name="Url">Where that is.</param>
/// <param name="Terminal">Where to print.</param>
/// <param name="IsJson">Whether JSON was asked for.</param>
internal sealed record Session(IHearthClient Client, Uri Url, Terminal Terminal, bool IsJson)
{
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(30);

    // These say that the function, operation or job itself failed; all others, that the silo did not do what it was asked.
    private static readonly string[] Failures =
        ["function-failed", "operation-failed", "job-failed", "job-cancelled", "timeout", "output-too-large", "cancelled", "silo-lost"];

    /// <summary>Runs a command against a silo, and turns what goes wrong into words and an exit code.</summary>
    public static async Task<int> RunAsync(
        ConnectionOptions options, ParseResult parsed, Func<Session, CancellationToken, Task<int>> command, CancellationToken cancellationToken)
    {
        var terminal = new Terminal();
        var isJson = options.IsJson(parsed);
        Settings? settings = null;
        try
        {
            settings = options.Read(parsed);
            using var client = settings.Connect(RetryFor);
            await MeetAsync(settings, cancellationToken);
            return await command(new Session(client, settings.Url, terminal, isJson), cancellationToken);
        }
        catch (UsageException e)
        {
            terminal.Fail(e.Message);
            return ExitCode.Usage;
        }
        catch (HearthException e)
        {
            return Explain(e, settings!, terminal, isJson);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Where nobody is at all, a person is told at once, unless patience was asked for; later troubles are waited out.</summary>
    private static async Task MeetAsync(Settings settings, CancellationToken cancellationToken)
    {
        if (settings.RetryFor is not null)
            return;
        using var once = settings.Connect(TimeSpan.Zero);
        try
        {
            await once.GetHealthAsync(cancellationToken);
        }
        catch (HearthException e) when (e is not HearthUnreachableException { WasSent: false })
        {
            // Somebody is there; what is wrong will be told by the answer to the command itself.
        }
    }

    private static int Explain(HearthException e, Settings settings, Terminal terminal, bool isJson)
    {
        if (isJson)
            terminal.Say(JsonOut.Text(e.Problem));
        else
            terminal.Fail(e.Message, Remedy(e, settings));
        return e switch
        {
            HearthUnreachableException => ExitCode.Unreachable,
            _ when Array.Exists(Failures, e.Is) => ExitCode.Failed,
            _ => ExitCode.Refused,
        };
    }

    private static string? Remedy(HearthException e, Settings settings) => e switch
    {
        HearthUnreachableException { WasSent: false } => settings.Url.IsLoopback
            ? "Start a silo: dotnet run --project Silo -c Release. Or say where one is: --url URL, or HEARTH_URL."
            : "Check the address (--url, HEARTH_URL), and that the silo runs and listens there (--listen).",
        HearthUnreachableException => "Try again; give it longer with --retry-for 2m.",
        _ when e.Is("no-key") => (settings.KeyHint is null ? "" : settings.KeyHint + " ") + (settings.Key is null
            ? $"Give the key: HEARTH_API_KEY, --key-file FILE, or \"keyFile\" in {ConfigFile.Path}."
            : "The key that was sent is not this silo's."),
        _ when e.Problem.Type == "about:blank" => "Check the address: --url, HEARTH_URL.",
        _ => null,
    };
}
