using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth queues errors</c>.</summary>
internal sealed class QueueErrorsCommand : Command
{
    private static readonly string[] Columns = ["FAILED", "RETRYING", "FUNCTION", "TYPE", "LAST", "JOB", "ERROR"];

    public QueueErrorsCommand(ConnectionOptions connection)
        : base("errors", "Shows what went wrong in a queue, and how often.")
    {
        var name = new Argument<string>("NAME") { Description = "The queue." };
        var filter = new JobFilterOptions(isOfQueue: true);
        Arguments.Add(name);
        filter.AddTo(this);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var found = await session.Client.GetErrorsAsync(parsed.GetValue(name)!, filter.Query(parsed), token);
            if (session.IsJson)
                JsonOut.Print(found);
            else
                Tables.Print(session.Terminal, Columns, found.Errors.Select(Row));
            if (found.Cut)
                session.Terminal.Say("There are older ones: look at some time with --from and --to.");
            return ExitCode.Done;
        }, cancellationToken));
    }

    private static Spectre.Console.Rendering.IRenderable[] Row(Client.ErrorGroup group) =>
    [
        Tables.Cell(group.Failed), Tables.Cell(group.Retrying), Tables.Cell(group.Function), Tables.Cell(group.ErrorType),
        group.LastAt is { } last ? Tables.Age(last) : Tables.Cell(""), Tables.Cell(group.Jobs is [var first, ..] ? first : ""), Tables.Cell(group.Message),
    ];
}
