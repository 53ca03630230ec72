using System.CommandLine;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth completion</c>.</summary>
internal sealed class CompletionCommand : Command
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public CompletionCommand()
        : base("completion", "Prints a script by which a shell completes commands: source <(hearth completion bash)")
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong(Shells);
        Arguments.Add(shell);
        SetAction(parsed =>
        {
            using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream("hearth." + parsed.GetValue(shell))!;
            using var reader = new StreamReader(script);
            Console.Out.Write(reader.ReadToEnd());
            return ExitCode.Done;
        });
    }
}
