using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth jobs</c> and what is below it.</summary>
internal static class JobsCommand
{
    public static Command Create(ConnectionOptions connection) => new("jobs", "Finds jobs, follows them and acts on them.")
    {
        new JobListCommand(connection),
        Show(connection),
        Result(connection),
        Tail(connection),
        new JobActCommand(
            connection, JobAction.Cancel, "cancelled", "Cancels jobs: no attempt starts any more, and one that runs is told to stop.",
            async (session, id, token) => Print(session, await session.Client.CancelAsync(id, token))),
        new JobActCommand(
            connection, JobAction.Redrive, "run again", "Runs failed or cancelled jobs again, as new jobs.",
            async (session, id, token) => Print(session, await session.Client.RedriveAsync(id, cancellationToken: token))),
        new JobActCommand(connection, JobAction.Delete, "deleted", "Forgets ended jobs, with their results, attempts and logs.", DeleteAsync),
    };

    private static Argument<string> Id { get; } = new("ID") { Description = "The job." };

    private static Command Show(ConnectionOptions connection)
    {
        var show = new Command("show", "Shows where a job stands, and its attempts and waits.") { Id };
        show.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var job = await session.Client.GetAsync(parsed.GetValue(Id)!, token);
            if (session.IsJson)
            {
                JsonOut.Print(job);
                return ExitCode.Done;
            }

            Tables.Print(session.Terminal, Members(job));
            Console.Out.WriteLine();
            TimelineTable.Print(session.Terminal, await session.Client.GetTimelineAsync(job.Id, token));
            return ExitCode.Done;
        }, cancellationToken));
        return show;
    }

    private static Command Result(ConnectionOptions connection)
    {
        var output = new Option<string?>("--output", "-o") { Description = "Write it to a file.", HelpName = "FILE" };
        var result = new Command("result", "Waits for a job's end, and prints its result.") { Id, output };
        result.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var payload = await session.Client.ResultAsync(parsed.GetValue(Id)!, token);
            await PayloadOut.PrintAsync(payload, session.Terminal, parsed.GetValue(output), token);
            return ExitCode.Done;
        }, cancellationToken));
        return result;
    }

    private static Command Tail(ConnectionOptions connection)
    {
        var tail = new Command("tail", "Prints what has happened to a job and happens, until its end.") { Id };
        tail.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var code = ExitCode.Done;
            await foreach (var told in session.Client.EventsAsync(parsed.GetValue(Id)!, cancellationToken: token))
            {
                await Console.Out.WriteLineAsync(session.IsJson ? JsonOut.Text(told) : EventText.Of(told));
                if (told.IsEnd && !told.Data.GetProperty("state").ValueEquals("succeeded"))
                    code = ExitCode.Failed;
            }

            return code;
        }, cancellationToken));
        return tail;
    }

    private static void Print(Session session, Job job)
    {
        if (session.IsJson)
            JsonOut.Print(job);
        else
            Console.Out.WriteLine($"{job.Id} {Tables.Name(job.State)}");
    }

    private static async Task DeleteAsync(Session session, string id, CancellationToken cancellationToken)
    {
        await session.Client.DeleteAsync(id, cancellationToken);
        if (session.IsJson)
            JsonOut.Print(new { Id = id, Deleted = true });
        else
            Console.Out.WriteLine($"{id} deleted");
    }

    private static IEnumerable<(string, Spectre.Console.Rendering.IRenderable?)> Members(Job job) =>
    [
        ("id", Tables.Cell(job.Id)),
        ("queue", Tables.Cell(job.Queue)),
        ("function", Tables.Cell(job.Function)),
        ("state", Tables.Cell(job.State)),
        ("priority", Tables.Cell(job.Priority)),
        ("accepted", Tables.Value(job.AcceptedAt)),
        ("due", Tables.Value(job.DueAt)),
        ("expires", Tables.Value(job.ExpiresAt)),
        ("attempt", job.Attempt == 0 ? null : Tables.Cell(job.Attempt)),
        ("started", Tables.Value(job.StartedAt)),
        ("ended", Tables.Value(job.EndedAt)),
        ("error", Tables.Value(job.Error)),
        ("error type", Tables.Value(job.ErrorType)),
        ("tags", Tables.Value(string.Join(", ", job.Tags ?? []))),
        ("key", Tables.Value(job.Key)),
        ("re-drive of", Tables.Value(job.RedriveOf)),
        ("result", Tables.Value(job.ResultContentType)),
    ];
}
