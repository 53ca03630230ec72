using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary>Submits jobs as their lines come, some at a time; each batch is stored whole or not at all.</summary>
internal sealed partial class JobBatches(Session session, string queue, string? key)
{
    private const int JobsMax = 1_000;
    private const int BytesMax = 8 << 20;

    private readonly List<(int Line, NewJob Job)> waiting = [];
    private readonly Dictionary<SubmissionOutcome, int> counts = [];
    private long bytes;
    private int batches;

    public async Task AddAsync(int line, NewJob job, CancellationToken cancellationToken)
    {
        waiting.Add((line, job));
        bytes += job.Input.Bytes.Length;
        if (waiting.Count == JobsMax || bytes > BytesMax)
            await SendAsync(cancellationToken);
    }

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        if (waiting.Count > 0)
            await SendAsync(cancellationToken);
        if (!session.IsJson)
            Console.Out.WriteLine(Summary());
        return counts.ContainsKey(SubmissionOutcome.QueueFull) ? ExitCode.Refused : ExitCode.Done;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        // With a key the whole command can be run again: each batch then has the same key as the first time.
        var batchKey = key is null ? null : string.Create(CultureInfo.InvariantCulture, $"{key}/{batches++}");
        try
        {
            foreach (var submitted in await session.Client.SubmitManyAsync(queue, [.. waiting.Select(w => w.Job)], batchKey, cancellationToken))
                Count(submitted);
        }
        catch (HearthException e)
        {
            throw new HearthException(e.Problem with { Detail = $"{Place(e)}{e.Problem.Detail} {Before()}" }, e);
        }

        waiting.Clear();
        bytes = 0;
    }

    private void Count(SubmittedJob submitted)
    {
        counts[submitted.Outcome] = counts.GetValueOrDefault(submitted.Outcome) + 1;
        if (session.IsJson)
            JsonOut.Print(submitted);
    }

    /// <summary>The line of a mistake: the silo counts within the batch.</summary>
    private string Place(HearthException e) =>
        Index().Match(e.Problem.Field ?? "") is { Success: true } match
        && int.TryParse(match.Groups["index"].Value, CultureInfo.InvariantCulture, out var index) && index < waiting.Count
            ? string.Create(CultureInfo.InvariantCulture, $"Line {waiting[index].Line}: ")
            : "";

    private string Before() => counts.Count == 0
        ? "Nothing was submitted."
        : string.Create(CultureInfo.InvariantCulture, $"What stands before line {waiting[0].Line} was: {Summary()}");

    private string Summary()
    {
        var told = new[] { (SubmissionOutcome.Accepted, "accepted"), (SubmissionOutcome.Repeat, "known by the key"), (SubmissionOutcome.Duplicate, "duplicates"), (SubmissionOutcome.QueueFull, "refused, because the queue is full") }
            .Where(o => o.Item1 == SubmissionOutcome.Accepted || counts.ContainsKey(o.Item1))
            .Select(o => string.Create(CultureInfo.InvariantCulture, $"{counts.GetValueOrDefault(o.Item1)} {o.Item2}"));
        return string.Join(", ", told) + ".";
    }

    [GeneratedRegex(@"^\[(?<index>\d+)\]", RegexOptions.NonBacktracking)]
    private static partial Regex Index();
}
