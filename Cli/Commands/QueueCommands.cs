using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Cli.Connecting;
using Hearth.Cli.Input;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth queues show</c>, <c>set</c>, <c>reset</c>, <c>pause</c>, <c>resume</c> and <c>end-back-off</c>.</summary>
internal static class QueueCommands
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<Command> All(ConnectionOptions connection) =>
    [
        Act(connection, "show", "Shows a queue: its open jobs, and its definition.", (client, name, token) => client.GetQueueAsync(name, token)),
        Set(connection),
        Reset(connection),
        Act(connection, "pause", "Starts none of a queue's jobs any more; those that run go on.", (client, name, token) => client.PauseQueueAsync(name, token)),
        Act(connection, "resume", "Starts a queue's jobs again.", (client, name, token) => client.ResumeQueueAsync(name, token)),
        Act(connection, "end-back-off", "Lets jobs start that wait because runs have asked for it or the circuit breaker is open.", (client, name, token) => client.EndBackOffAsync(name, token)),
    ];

    private static Argument<string> Name() => new("QUEUE") { Description = "The queue." };

    private static Command Act(ConnectionOptions connection, string verb, string description, Func<IHearthClient, string, CancellationToken, Task<QueueInfo>> act)
    {
        var name = Name();
        var command = new Command(verb, description) { name };
        command.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            Print(session, await act(session.Client, parsed.GetValue(name)!, token));
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    private static Command Set(ConnectionOptions connection)
    {
        var name = Name();
        var file = new Option<string?>("--file", "-f") { Description = "Store the definition that is in a file, in place of the one before; - for standard input.", HelpName = "FILE" };
        var set = new Option<string[]>("--set", "-s")
        {
            Description = "MEMBER=VALUE to change, such as timeout=30s or retry.attempts=3; null takes it back. Can be given several times.", HelpName = "MEMBER=VALUE",
        };
        var command = new Command("set", "Changes a queue's definition; the change counts at once.") { name, file, set };
        command.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var (path, members) = (parsed.GetValue(file), parsed.GetValue(set) ?? []);
            if (path is null == (members.Length == 0))
                throw new UsageException("Say what to set: either --file FILE, or --set MEMBER=VALUE.");
            Print(session, path is not null
                ? await session.Client.PutQueueAsync(parsed.GetValue(name)!, await JsonFile.ReadAsync("--file", path, token), cancellationToken: token)
                : await session.Client.PatchQueueAsync(parsed.GetValue(name)!, QueuePatch.Of(members), cancellationToken: token));
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    private static Command Reset(ConnectionOptions connection)
    {
        var name = Name();
        var command = new Command("reset", "Deletes a queue's stored definition: code, configuration and defaults count again.") { name };
        command.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            await session.Client.DeleteQueueAsync(parsed.GetValue(name)!, cancellationToken: token);
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }

    private static void Print(Session session, QueueInfo queue)
    {
        if (session.IsJson)
        {
            JsonOut.Print(queue);
            return;
        }

        Tables.Print(session.Terminal,
        [
            ("name", Tables.Cell(queue.Paused ? queue.Name + " (paused)" : queue.Name)),
            ("open jobs", Tables.Cell(FormattableString.Invariant(
                $"{queue.Open}: {queue.Ready} ready, {queue.Running} running, {queue.Retrying} retrying, {queue.Scheduled} scheduled; at most {queue.OpenMax}"))),
            .. QueueHolds.Rows(queue),
        ]);
        Console.Out.WriteLine(Terminal.Plain(Shown(queue.Definition)));
    }

    /// <summary>Members that are set: as a file to change and set again.</summary>
    private static string Shown(JsonElement? definition)
    {
        var members = definition is { } json ? JsonObject.Create(json)! : [];
        Tidy(members);
        return members.ToJsonString(Indented);
    }

    private static void Tidy(JsonObject members)
    {
        foreach (var (name, value) in members.ToList())
        {
            if (value is null)
                members.Remove(name);
            else if (value is JsonObject inner)
                Tidy(inner);
        }
    }
}
