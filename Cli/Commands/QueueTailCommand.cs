using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth queues tail</c>.</summary>
internal sealed class QueueTailCommand : Command
{
    public QueueTailCommand(ConnectionOptions connection)
        : base("tail", "Prints what happens to a queue's jobs from now on, until it is interrupted.")
    {
        var name = new Argument<string>("NAME") { Description = "The queue." };
        Arguments.Add(name);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            await foreach (var told in session.Client.QueueEventsAsync(parsed.GetValue(name)!, cancellationToken: token))
                await Console.Out.WriteLineAsync(session.IsJson ? JsonOut.Text(told) : EventText.OfQueue(told));
            return ExitCode.Done;
        }, cancellationToken));
    }
}
