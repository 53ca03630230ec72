using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth jobs list</c>.</summary>
internal sealed class JobListCommand : Command
{
    private const int PageMax = 1_000;

    private static readonly string[] Columns = ["ID", "QUEUE", "FUNCTION", "STATE", "ATTEMPT", "AGE", "ERROR"];

    private readonly JobFilterOptions filter = new();
    private readonly Option<int> limit = new("--limit", "-n") { Description = "At most so many.", HelpName = "NUMBER", DefaultValueFactory = _ => 50 };

    public JobListCommand(ConnectionOptions connection)
        : base("list", "Lists jobs, newest first.")
    {
        filter.AddTo(this);
        Options.Add(limit);
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var count = parsed.GetValue(limit) is var asked and > 0 ? asked : throw new UsageException("--limit must be above zero.");
            var jobs = await session.Client.QueryAsync(filter.Query(parsed) with { PageSize = Math.Min(count, PageMax) }, token).Take(count).ToListAsync(token);
            if (session.IsJson)
                JsonOut.Print(jobs);
            else
                Tables.Print(session.Terminal, Columns, jobs.Select(Row));
            return ExitCode.Done;
        }, cancellationToken));
    }

    private static Spectre.Console.Rendering.IRenderable[] Row(Job job) =>
    [
        Tables.Cell(job.Id), Tables.Cell(job.Queue), Tables.Cell(job.Function), Tables.Cell(job.State), Tables.Cell(job.Attempt), Tables.Age(job.AcceptedAt),
        Tables.Cell(job.Error?.ReplaceLineEndings(" ")),
    ];
}
