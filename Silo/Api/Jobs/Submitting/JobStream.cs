using System.Buffers;
using System.IO.Pipelines;
using Hearth.Api.Http;
using Hearth.Jobs;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>
/// A stream of jobs, one a line, answered line by line while it is read. (1) Lines gather into a chunk until it is full or nothing more has
/// come; (2) the chunk's jobs are stored, whole or not at all; (3) its lines are answered. Only the chunk and the line that is coming are in memory,
/// and nothing is read while answers are not taken.
/// </summary>
internal sealed class JobStream(JobBuilder builder, JobIntake intake, TimeProvider clock)
{
    /// <summary>Longest line: an input of 16 MiB in base64, and the rest of its job.</summary>
    public const int LineBytesMax = 24 << 20;

    /// <summary>A stream from which nothing comes for so long is ended.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(5);

    private const int ChunkBytesMax = 4 << 20;
    private const int ChunkJobsMax = 1_000;

    /// <returns>A problem when nothing was answered yet.</returns>
    public async Task<Problem?> RunAsync(HttpContext http, string queue)
    {
        if (http.Request.Headers.ContainsKey("Idempotency-Key"))
            return Problems.KeyOfStream;
        // A stream may pause: how long, is bounded here.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var answer = new StreamAnswer(http, isMinimal: http.Request.Headers["Prefer"].ToString().Contains("return=minimal", StringComparison.OrdinalIgnoreCase));
        var chunk = new StreamChunk();
        var problem = await ReadAsync(http, queue, chunk, answer);
        if (problem is not null && !answer.HasStarted)
            return problem;
        await answer.EndAsync(chunk.Lines, problem);
        return null;
    }

    /// <returns>Why it ended early; null when all has been read.</returns>
    private async Task<Problem?> ReadAsync(HttpContext http, string queue, StreamChunk chunk, StreamAnswer answer)
    {
        var reader = http.Request.BodyReader;
        var scanned = 0L;
        while (true)
        {
            if (await NextAsync(http, reader) is not { } read)
                return Problems.StreamIdle;
            var rest = read.Buffer;
            Problem? problem = null;
            while (problem is null && TryReadLine(ref rest, ref scanned, read.IsCompleted, out var line))
            {
                chunk.Add(line, builder);
                if (chunk.IsFull(ChunkJobsMax, ChunkBytesMax))
                    problem = await SubmitAsync(queue, chunk, answer);
            }

            // Nothing more has come yet: whoever waits for answers gets them.
            problem ??= await SubmitAsync(queue, chunk, answer);
            if (rest.Length > LineBytesMax)
                problem ??= Problems.LineTooLong(chunk.Lines + 1, LineBytesMax);
            reader.AdvanceTo(rest.Start, rest.End);
            if (problem is not null || read.IsCompleted)
                return problem;
        }
    }

    private async ValueTask<ReadResult?> NextAsync(HttpContext http, PipeReader reader)
    {
        if (reader.TryRead(out var there))
            return there;
        using var idle = new CancellationTokenSource(IdleMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, http.RequestAborted);
        try
        {
            return await reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <param name="rest">What is left to read; a whole line is taken off it.</param>
    /// <param name="scanned">How much of it is known to have no end of line.</param>
    /// <param name="isLast">Nothing follows: what has no end of line is a line too.</param>
    /// <param name="line">The line.</param>
    private static bool TryReadLine(ref ReadOnlySequence<byte> rest, ref long scanned, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.Slice(scanned).PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            scanned = 0;
            return true;
        }

        scanned = rest.Length;
        line = rest;
        if (!isLast || rest.IsEmpty)
            return false;
        rest = rest.Slice(rest.End);
        scanned = 0;
        return true;
    }

    /// <returns>Why the stream cannot go on, or null.</returns>
    private async Task<Problem?> SubmitAsync(string queue, StreamChunk chunk, StreamAnswer answer)
    {
        if (chunk.IsEmpty)
            return null;
        JobsSubmitted? submitted = null;
        if (chunk.Jobs.Count > 0)
        {
            (submitted, var problem) = await intake.TakeAsync(queue, [.. chunk.Jobs], key: null);
            if (problem is not null)
                return problem;
        }

        await answer.WriteAsync(chunk.Answers, submitted);
        chunk.Clear();
        return null;
    }
}
