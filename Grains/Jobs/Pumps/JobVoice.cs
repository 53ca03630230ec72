using System.Text;
using System.Text.Json;
using Hearth.Functions;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// What one attempt says of itself. Progress goes to the shard, at most once a second, and is said again until that has heard it; details go there at
/// once, and are said again until they are stored; lines are kept here until the attempt has ended.
/// </summary>
internal sealed partial class JobVoice(IShardGrain shard, JobId job, int attempt, Func<DateTimeOffset> now, TimeProvider clock, ILogger logger) : IRunVoice
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long a detail is tried to be stored: longer than it takes another silo to take the shard over.</summary>
    private static readonly TimeSpan SaveMax = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Queue<LogLine> lines = new();
    private JobProgress? waiting;
    private int dropped;
    private bool isTelling;
    private bool hasEnded;

    public void Progress(double percent, string? message)
    {
        lock (gate)
        {
            waiting = new JobProgress(percent, message is null ? null : Cut(message, JobLimits.ProgressLengthMax), default);
            if (isTelling || hasEnded)
                return;
            isTelling = true;
        }

        // The function neither waits for it, nor has its trace and values to do with it.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _ = Task.Run(TellAsync);
    }

    public void Log(string line)
    {
        var kept = new LogLine(now(), Cut(line, JobLimits.LogLineLengthMax));
        lock (gate)
        {
            if (hasEnded)
                return;
            lines.Enqueue(kept);
            if (lines.Count > JobLimits.LogLinesMax)
                Drop(1);
        }
    }

    public async Task SaveDetailAsync(string json, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await shard.SaveDetailAsync(job, attempt, json))
                    return;
                break;
            }
            catch (Exception e) when (clock.GetElapsedTime(since) < SaveMax)
            {
                // Its owner is another by now, or will be, or the store is away: the same again does no harm.
                LogNotSaved(logger, job, e);
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }

        throw new FunctionException($"Attempt {attempt} of job {job} is over: the job has ended, or runs again. Its detail was not stored.");
    }

    public Task<string?> ReadDetailAsync(CancellationToken cancellationToken) => shard.ReadDetailAsync(job).WaitAsync(cancellationToken);

    public string? End()
    {
        lock (gate)
        {
            (hasEnded, waiting) = (true, null);
            if (lines.Count == 0)
                return null;
            var json = Written();
            while (Encoding.UTF8.GetByteCount(json) > JobLimits.NoteBytesMax)
            {
                Drop(Math.Max(1, lines.Count / 10));
                json = Written();
            }

            return json;
        }
    }

    private string Written() => JsonSerializer.Serialize(new AttemptLog(dropped, [.. lines]), JobLogJson.Default.AttemptLog);

    private void Drop(int count)
    {
        dropped += count;
        while (count-- > 0)
            lines.Dequeue();
    }

    private async Task TellAsync()
    {
        while (TryTake() is { } progress)
        {
            try
            {
                await shard.ProgressAsync(job, attempt, progress);
            }
            catch (Exception e)
            {
                // It may be the only one. The shard has another owner by now, or will have.
                TellAgain(progress);
                LogNotTold(logger, job, e);
            }

            await Task.Delay(Pause, clock);
        }
    }

    /// <summary>Unless there is a newer one.</summary>
    private void TellAgain(JobProgress progress)
    {
        lock (gate)
        {
            if (!hasEnded)
                waiting ??= progress;
        }
    }

    private JobProgress? TryTake()
    {
        lock (gate)
        {
            var taken = waiting;
            waiting = null;
            isTelling = taken is not null;
            return taken;
        }
    }

    /// <summary>The first so many characters; what is no Unicode, such as half a pair at the cut, could not be stored.</summary>
    private static string Cut(string text, int lengthMax) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length <= lengthMax ? text : text[..(lengthMax - (char.IsHighSurrogate(text[lengthMax - 1]) ? 1 : 0))]));

    [LoggerMessage(LogLevel.Warning, "A detail of job {Job} could not be stored yet; trying again")]
    private static partial void LogNotSaved(ILogger logger, JobId job, Exception error);

    [LoggerMessage(LogLevel.Debug, "Progress of job {Job} could not be told")]
    private static partial void LogNotTold(ILogger logger, JobId job, Exception error);
}
