using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;
using Spectre.Console.Rendering;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth functions</c>, <c>queues</c> and <c>silos</c>.</summary>
internal static class ListCommands
{
    public static Command Functions(ConnectionOptions connection) => List(
        connection, "functions", "Lists the functions that are served.", (client, token) => client.ListFunctionsAsync(token),
        ["NAME", "INPUT", "OUTPUT", "POOL", "IN USE", "SUCCEEDED", "FAILED", "DESCRIPTION"],
        f => [
            Tables.Cell(f.Name), Tables.Cell(f.External ? "outside" : f.Input.Kind), Tables.Cell(f.External ? "outside" : f.Output.Kind), Tables.Cell(f.Pool ?? ""),
            Tables.Cell($"{f.InUse}/{f.Concurrency}"), Tables.Cell(f.Usage?.Succeeded), Tables.Cell(f.Usage?.Failed + f.Usage?.TimedOut), Tables.Cell(f.Description),
        ]);

    public static Command Queues(ConnectionOptions connection)
    {
        var list = List(
            connection, "queues", "Lists the queues, and how many jobs are open in them.", (client, token) => client.ListQueuesAsync(token),
            ["NAME", "POOL", "SCHEDULED", "READY", "RUNNING", "RETRYING", "OPEN"], QueueRow);
        foreach (var command in QueueCommands.All(connection))
            list.Subcommands.Add(command);
        return list;
    }

    public static Command Silos(ConnectionOptions connection) => List(
        connection, "silos", "Lists the silos of the cluster.", (client, token) => client.ListSilosAsync(token),
        ["NAME", "STATUS", "POOLS", "ROLES", "RUNNING", "HTTP", "VERSION", "AGE"], SiloRow);

    public static IRenderable[] QueueRow(QueueInfo q) =>
        [Tables.Cell(q.Paused ? q.Name + " (paused)" : q.Name), Tables.Cell(q.Pool), Tables.Cell(q.Scheduled), Tables.Cell(q.Ready), Tables.Cell(q.Running), Tables.Cell(q.Retrying), Tables.Cell(q.Open)];

    private static IRenderable[] SiloRow(SiloInfo s) =>
    [
        Tables.Cell(s.Name), Tables.Cell(s.Status), Tables.Cell(string.Join(", ", s.Pools)), Tables.Cell(string.Join(", ", s.Roles)), Tables.Cell(s.Load.Running),
        Tables.Cell(s.Http), Tables.Cell(s.Version), Tables.Age(s.StartedAt),
    ];

    private static Command List<T>(
        ConnectionOptions connection, string name, string description, Func<IHearthClient, CancellationToken, Task<IReadOnlyList<T>>> list, string[] columns,
        Func<T, IRenderable[]> row)
    {
        var command = new Command(name, description);
        command.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var all = await list(session.Client, token);
            if (session.IsJson)
                JsonOut.Print(all);
            else
                Tables.Print(session.Terminal, columns, all.Select(row));
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }
}
