using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Input;
using Hearth.Cli.Output;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth call</c>.</summary>
internal sealed class CallCommand : Command
{
    public CallCommand(ConnectionOptions connection)
        : base("call", "Calls a function, and prints what it answers.")
    {
        var input = new InputOptions();
        var output = new Option<string?>("--output", "-o") { Description = "Write the answer to a file.", HelpName = "FILE" };
        input.AddTo(this);
        Options.Add(output);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var given = await input.ReadAsync(parsed, session.Client, token);
            var answer = await session.Client.CallAsync(input.Function(parsed), given, input.Parameters(parsed), token);
            await PayloadOut.PrintAsync(answer, session.Terminal, parsed.GetValue(output), token);
            return ExitCode.Done;
        }, cancellationToken));
    }
}
