using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth jobs cancel</c>, <c>redrive</c> and <c>delete</c>: jobs by id, or all that match.</summary>
internal sealed class JobActCommand : Command
{
    private readonly Argument<string[]> ids = new("ID") { Description = "The jobs; or say which with options.", Arity = ArgumentArity.ZeroOrMore };
    private readonly JobFilterOptions filter = new();
    private readonly Option<bool> all = new("--all") { Description = "All jobs to which it can be done." };
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Only count the jobs that match." };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "Do not ask before." };
    private readonly JobAction action;
    private readonly string done;

    /// <param name="connection">How to connect.</param>
    /// <param name="action">What is done; its name is the command's.</param>
    /// <param name="done">The same in the past.</param>
    /// <param name="description">Of the command.</param>
    /// <param name="act">Does it to one job, and says what to print of it.</param>
    public JobActCommand(
        ConnectionOptions connection, JobAction action, string done, string description, Func<Session, string, CancellationToken, Task> act)
        : base(Tables.Name(action), description)
    {
        (this.action, this.done) = (action, done);
        Arguments.Add(ids);
        filter.AddTo(this);
        foreach (var option in new Option[] { all, dryRun, yes })
            Options.Add(option);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var isForMany = filter.IsGiven(parsed) || parsed.GetValue(all);
            var given = parsed.GetValue(ids) ?? [];
            if (isForMany == given.Length > 0)
                throw new UsageException("Give the ids of jobs, or say which jobs: --queue, --function, --state, --tag, --from, --to, --error, or --all.");
            if (isForMany)
                return await ActAsync(session, parsed, token);
            foreach (var id in given)
                await act(session, id, token);
            return ExitCode.Done;
        }, cancellationToken));
    }

    private async Task<int> ActAsync(Session session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var query = filter.Query(parsed);
        if (parsed.GetValue(dryRun) || !parsed.GetValue(yes))
        {
            var count = await session.Client.CountAsync(action, query, parsed.GetValue(all), cancellationToken);
            if (parsed.GetValue(dryRun))
                return Print(session, count);
            if (!Confirms(session, count))
                return ExitCode.Done;
        }

        var job = await session.Client.ActAsync(action, query, parsed.GetValue(all), cancellationToken: cancellationToken);
        var ended = await Watch.FollowAsync(session, job.Id, cancellationToken);
        return ended.State == JobState.Succeeded
            ? Print(session, (await session.Client.ResultAsync<JobActionReport>(job.Id, cancellationToken))!)
            : Fail(session, ended);
    }

    private bool Confirms(Session session, JobCount count)
    {
        if (session.IsJson || Console.IsInputRedirected)
            throw new UsageException($"{Counted(count)} would be {done}. Add --yes to do it, or --dry-run to count only.");
        if (count is { Count: 0, AtLeast: false })
        {
            session.Terminal.Say("No job matches.");
            return false;
        }

        Console.Error.Write($"{Counted(count)} will be {done}. Go on? [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private int Print(Session session, JobCount count)
    {
        if (session.IsJson)
            JsonOut.Print(count);
        else
            Console.Out.WriteLine($"{Counted(count)} would be {done}.");
        return ExitCode.Done;
    }

    private int Print(Session session, JobActionReport report)
    {
        if (session.IsJson)
        {
            JsonOut.Print(report);
        }
        else
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Done} {done}, {report.Skipped} skipped, {report.Failed} failed."));
            foreach (var error in report.Errors)
                session.Terminal.Say(Terminal.Plain($"{error.Job}: {error.Error}"));
        }

        return report.Failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static int Fail(Session session, Job job)
    {
        session.Terminal.Fail($"job {job.Id} {Tables.Name(job.State)}: {job.Error}");
        return ExitCode.Failed;
    }

    private static string Counted(JobCount count) => string.Create(
        CultureInfo.InvariantCulture, $"{(count.AtLeast ? "At least " : "")}{count.Count} {(count is { Count: 1, AtLeast: false } ? "job" : "jobs")}");
}
