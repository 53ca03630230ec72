using System.CommandLine;
using System.CommandLine.Invocation;
using Hearth.Cli.Commands;
using Hearth.Cli.Connecting;

namespace Hearth.Cli;

/// <summary>The commands. Reads like a table of contents.</summary>
internal static class HearthCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        // A value that begins with @ is a value.
        var parsed = Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        try
        {
            if (parsed.Action is not ParseErrorAction mistake)
                return await parsed.InvokeAsync(configuration);
            // The mistake is what matters; --help is there for the rest.
            mistake.ShowHelp = false;
            configuration.Output = Console.Error;
            await parsed.InvokeAsync(configuration);
            return ExitCode.Usage;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await Console.Error.WriteLineAsync($"hearth: this is a defect of hearth itself; please report it.\n{e}");
            return ExitCode.Defect;
        }
    }

    private static RootCommand Create()
    {
        var connection = new ConnectionOptions();
        var root = new RootCommand("Calls functions of Hearth, and submits and follows durable jobs.")
        {
            new CallCommand(connection),
            new SubmitCommand(connection),
            JobsCommand.Create(connection),
            SchedulesCommand.Create(connection),
            ListCommands.Functions(connection),
            Queues(connection),
            ListCommands.Silos(connection),
            new StatusCommand(connection),
            new CompletionCommand(),
        };
        connection.AddTo(root);
        return root;
    }

    private static Command Queues(ConnectionOptions connection)
    {
        var queues = ListCommands.Queues(connection);
        queues.Subcommands.Add(new QueueErrorsCommand(connection));
        queues.Subcommands.Add(new QueueTailCommand(connection));
        return queues;
    }
}
