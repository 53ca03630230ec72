using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;
using Spectre.Console.Rendering;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth schedules</c> and what is below it.</summary>
internal static class SchedulesCommand
{
    public static Command Create(ConnectionOptions connection) => new("schedules", "Shows schedules, sets them and acts on them.")
    {
        List(connection),
        One(connection, "show", "Shows a schedule.", Show),
        new ScheduleSetCommand(connection),
        Pause(connection),
        One(connection, "resume", "Lets a schedule tick again, from now on.", async (session, name, token) =>
            Say(session, await session.Client.ResumeScheduleAsync(name, token))),
        One(connection, "trigger", "Submits a schedule's job now, and prints its id.", async (session, name, token) =>
        {
            var run = await session.Client.TriggerScheduleAsync(name, cancellationToken: token);
            if (session.IsJson)
                JsonOut.Print(run);
            else
                Console.Out.WriteLine(run.JobId);
        }),
        Backfill(connection),
        Next(connection),
        Runs(connection),
        One(connection, "delete", "Deletes a schedule and the list of its runs; its jobs stay.", async (session, name, token) =>
        {
            if (!await session.Client.DeleteScheduleAsync(name, token))
                session.Terminal.Say($"There was no schedule '{name}'.");
        }),
    };

    private static Argument<string> Name { get; } = new("NAME") { Description = "The schedule." };

    private static Option<int> Count(string description) => new("--count", "-n") { Description = description, HelpName = "NUMBER", DefaultValueFactory = _ => 10 };

    /// <summary>In a line, or as JSON.</summary>
    public static void Say(Session session, ScheduleInfo schedule)
    {
        if (session.IsJson)
            JsonOut.Print(schedule);
        else
            Console.Out.WriteLine($"{schedule.Name} {(schedule.Paused ? "paused" : schedule.NextTick is { } next ? "ticks next at " + Tables.Time(next) : "has no tick any more")}");
    }

    private static Command List(ConnectionOptions connection)
    {
        var list = new Command("list", "Lists the schedules.");
        list.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var all = new List<ScheduleInfo>();
            await foreach (var schedule in session.Client.ListSchedulesAsync(token))
                all.Add(schedule);
            if (session.IsJson)
                JsonOut.Print(all);
            else
                Tables.Print(session.Terminal, ["NAME", "WHEN", "TIME ZONE", "QUEUE", "NEXT TICK", "WAITING"], all.Select(Row));
            return ExitCode.Done;
        }, cancellationToken));
        return list;
    }

    private static IRenderable[] Row(ScheduleInfo s) =>
    [
        Tables.Cell(s.Name), Tables.Cell(When(s)), Tables.Cell(s.TimeZone), Tables.Cell(s.Queue),
        s.Paused ? Tables.Cell("paused") : Tables.Value(s.NextTick) ?? Tables.Cell("none"), Tables.Cell(s.Waiting),
    ];

    private static string When(ScheduleInfo s) => s.Cron ?? (s.Every is { } every ? "every " + every : "at " + Tables.Time(s.At!.Value));

    private static async Task Show(Session session, string name, CancellationToken cancellationToken)
    {
        var s = await session.Client.GetScheduleAsync(name, cancellationToken);
        if (session.IsJson)
        {
            JsonOut.Print(s);
            return;
        }

        Tables.Print(session.Terminal,
        [
            ("name", Tables.Cell(s.Name)),
            ("description", Tables.Value(s.Description)),
            ("when", Tables.Cell(When(s))),
            ("time zone", Tables.Cell(s.TimeZone)),
            ("start", Tables.Value(s.Start)),
            ("end", Tables.Value(s.End)),
            ("jitter", Tables.Value(s.Jitter)),
            ("calendar", Tables.Value(s.Calendar?.ToString())),
            ("overlap", Tables.Cell(s.Overlap)),
            ("catch-up", Tables.Cell($"{s.CatchUp}, {s.CatchUpWindow}")),
            ("queue", Tables.Cell(s.Queue)),
            ("job", Tables.Cell(s.Job.ToString())),
            ("paused", s.Paused ? Tables.Cell(s.Reason ?? "yes") : null),
            ("next tick", Tables.Value(s.NextTick)),
            ("waiting", s.Waiting == 0 ? null : Tables.Cell(s.Waiting)),
            ("changed", Tables.Value(s.UpdatedAt)),
        ]);
    }

    private static Command Pause(ConnectionOptions connection)
    {
        var reason = new Option<string?>("--reason") { Description = "Why.", HelpName = "TEXT" };
        var pause = new Command("pause", "Pauses a schedule: ticks pass by until it is resumed.") { Name, reason };
        pause.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            Say(session, await session.Client.PauseScheduleAsync(parsed.GetValue(Name)!, parsed.GetValue(reason), token));
            return ExitCode.Done;
        }, cancellationToken));
        return pause;
    }

    private static Command Backfill(ConnectionOptions connection)
    {
        var from = new Option<string?>("--from") { Description = "The first time whose ticks run, at most 30 days ago.", HelpName = "TIME", Required = true };
        var to = new Option<string?>("--to") { Description = "Before which they run; not in the future.", HelpName = "TIME", Required = true };
        var oneByOne = new Option<bool>("--one-by-one") { Description = "Each waits for the job before." };
        var backfill = new Command("backfill", "Runs the ticks of a time that have no job.") { Name, from, to, oneByOne };
        backfill.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var done = await session.Client.BackfillScheduleAsync(
                parsed.GetValue(Name)!, ScheduleSetCommand.Time(parsed, from)!.Value, ScheduleSetCommand.Time(parsed, to)!.Value, parsed.GetValue(oneByOne), token);
            if (session.IsJson)
                JsonOut.Print(done);
            else
                Console.Out.WriteLine($"{done.Ticks} ticks: {done.Submitted} submitted, {done.Waiting} waiting.");
            return ExitCode.Done;
        }, cancellationToken));
        return backfill;
    }

    private static Command Next(ConnectionOptions connection)
    {
        var count = Count("How many.");
        var next = new Command("next", "Prints the next ticks of a schedule.") { Name, count };
        next.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var ticks = await session.Client.NextTicksAsync(parsed.GetValue(Name)!, parsed.GetValue(count), cancellationToken: token);
            if (session.IsJson)
                JsonOut.Print(ticks);
            else
                Tables.Print(session.Terminal, ["TICK", "SUBMITTED"], ticks.Select(t => new[] { Tables.Value(t.Tick)!, Tables.Value(t.SubmittedAt)! }));
            return ExitCode.Done;
        }, cancellationToken));
        return next;
    }

    private static Command Runs(ConnectionOptions connection)
    {
        var count = Count("How many.");
        var runs = new Command("runs", "Prints what became of a schedule's ticks, the latest first.") { Name, count };
        runs.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var all = new List<ScheduleRun>();
            await foreach (var run in session.Client.ListScheduleRunsAsync(parsed.GetValue(Name)!, token))
            {
                all.Add(run);
                if (all.Count >= parsed.GetValue(count))
                    break;
            }

            if (session.IsJson)
                JsonOut.Print(all);
            else
                Tables.Print(session.Terminal, ["TICK", "CAUSE", "OUTCOME", "JOB", "DETAIL"], all.Select(r => new[]
                {
                    Tables.Value(r.Tick)!, Tables.Cell(r.Cause), Tables.Cell(r.Outcome), Tables.Cell(r.JobId), Tables.Cell(r.Detail),
                }));
            return ExitCode.Done;
        }, cancellationToken));
        return runs;
    }

    private static Command One(ConnectionOptions connection, string name, string description, Func<Session, string, CancellationToken, Task> act)
    {
        var command = new Command(name, description) { Name };
        command.SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            await act(session, parsed.GetValue(Name)!, token);
            return ExitCode.Done;
        }, cancellationToken));
        return command;
    }
}
