using System.CommandLine;
using Hearth.Cli.Connecting;
using Hearth.Cli.Input;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth submit</c>.</summary>
internal sealed class SubmitCommand : Command
{
    private readonly InputOptions input = new();
    private readonly JobOptions options = new();
    private readonly Option<string> queue = new("--queue", "-q") { Description = "The queue.", HelpName = "QUEUE", DefaultValueFactory = _ => "default" };
    private readonly Option<string?> key = new("--key")
    {
        Description = "Idempotency key: for 24 hours the same key and job give the same job, however often the command runs.", HelpName = "KEY",
    };

    private readonly Option<bool> watch = new("--watch", "-w") { Description = "Follow the job to its end, and print its result." };
    private readonly Option<bool> many = new("--many") { Description = "A job for each line of --file or standard input (-), whose line is its input." };
    private readonly Option<string?> output = new("--output", "-o") { Description = "With --watch: write the result to a file.", HelpName = "FILE" };

    public SubmitCommand(ConnectionOptions connection)
        : base("submit", "Submits a job, which is stored and run even if silos die in between.")
    {
        input.AddTo(this);
        Options.Add(queue);
        options.AddTo(this);
        Options.Add(key);
        Options.Add(watch);
        Options.Add(many);
        Options.Add(output);
        SetAction((parsed, cancellationToken) => Session.RunAsync(
            connection, parsed, (session, token) => parsed.GetValue(many) ? ManyAsync(session, parsed, token) : OneAsync(session, parsed, token), cancellationToken));
    }

    private async Task<int> OneAsync(Session session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var job = New(parsed, await input.ReadAsync(parsed, session.Client, cancellationToken));
        var submitted = await session.Client.SubmitAsync(parsed.GetValue(queue)!, job, parsed.GetValue(key), cancellationToken);
        if (!parsed.GetValue(watch))
        {
            Print(session, submitted);
            return ExitCode.Done;
        }

        var ended = await Watch.FollowAsync(session, submitted.Id, cancellationToken);
        return await PrintEndAsync(session, ended, parsed.GetValue(output), cancellationToken);
    }

    private async Task<int> ManyAsync(Session session, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(watch))
            throw new UsageException("--watch follows one job: leave it out, or leave out --many.");
        var batch = new JobBatches(session, parsed.GetValue(queue)!, parsed.GetValue(key));
        await foreach (var (line, given) in input.ReadLinesAsync(parsed, session.Client, cancellationToken))
            await batch.AddAsync(line, New(parsed, given), cancellationToken);
        return await batch.EndAsync(cancellationToken);
    }

    private NewJob New(ParseResult parsed, Payload given) =>
        options.Apply(parsed, new NewJob(input.Function(parsed), given) { Parameters = input.Parameters(parsed) });

    private static void Print(Session session, SubmittedJob submitted)
    {
        if (session.IsJson)
            JsonOut.Print(submitted);
        else
            Console.Out.WriteLine(submitted.Id);
        if (!session.IsJson && submitted.Outcome != SubmissionOutcome.Accepted)
            session.Terminal.Say(submitted.Outcome == SubmissionOutcome.Repeat ? "The key was known: this is the job of then." : "Another like it is known: this is that job.");
    }

    private static async Task<int> PrintEndAsync(Session session, Job ended, string? file, CancellationToken cancellationToken)
    {
        if (session.IsJson)
            JsonOut.Print(ended);
        if (ended.State != JobState.Succeeded)
        {
            if (!session.IsJson)
                session.Terminal.Fail($"job {ended.Id} {(ended.State == JobState.Failed ? "failed" : "was cancelled")}: {ended.Error}");
            return ExitCode.Failed;
        }

        if (!session.IsJson || file is not null)
            await PayloadOut.PrintAsync(await session.Client.ResultAsync(ended.Id, cancellationToken), session.Terminal, file, cancellationToken);
        return ExitCode.Done;
    }
}
