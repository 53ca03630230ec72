using System.Buffers;
using System.Globalization;
using Hearth.Api.Http;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>The lines of a stream that are stored and answered together.</summary>
internal sealed class StreamChunk
{
    private long bytes;

    /// <summary>Lines read so far, blank ones among them.</summary>
    public long Lines { get; private set; }

    public List<JobSpec> Jobs { get; } = [];

    /// <summary>For each line its number, and why it is refused; without a problem it is the next of <see cref="Jobs"/>.</summary>
    public List<(long Line, Problem? Problem)> Answers { get; } = [];

    public bool IsEmpty => Answers.Count == 0;

    public bool IsFull(int linesMax, int bytesMax) => Answers.Count >= linesMax || bytes >= bytesMax;

    public void Add(in ReadOnlySequence<byte> line, JobBuilder builder)
    {
        Lines++;
        if (IsBlank(line))
            return;
        if (line.Length > JobStream.LineBytesMax)
        {
            Answers.Add((Lines, Problems.LineTooLong(Lines, JobStream.LineBytesMax)));
            return;
        }

        try
        {
            var job = JobReader.ReadOne(line, builder);
            Jobs.Add(job);
            bytes += job.Input.Length;
            Answers.Add((Lines, null));
        }
        catch (JobRejectedException e)
        {
            // Each line is a document of its own, whose first line is this one.
            var detail = e.Problem.Detail?.Replace("The body is not valid JSON: line 1,", string.Create(CultureInfo.InvariantCulture, $"Line {Lines} is not valid JSON:"), StringComparison.Ordinal);
            Answers.Add((Lines, e.Problem with { Detail = detail }));
        }
    }

    public void Clear()
    {
        Jobs.Clear();
        Answers.Clear();
        bytes = 0;
    }

    private static bool IsBlank(in ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.IndexOfAnyExcept(" \t\r"u8) >= 0)
                return false;
        }

        return true;
    }
}
