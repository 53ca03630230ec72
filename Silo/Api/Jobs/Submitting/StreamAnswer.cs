using System.Text.Encodings.Web;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>
/// The answer to a stream: one line for each line that was not blank, and a last one that says whether all has been read. Minimal: only
/// lines that were not accepted, and the last.
/// </summary>
internal sealed class StreamAnswer(HttpContext http, bool isMinimal)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private long accepted;
    private long duplicates;
    private long refused;

    public bool HasStarted => http.Response.HasStarted;

    /// <param name="lines">In their order.</param>
    /// <param name="submitted">What became of those without a problem.</param>
    public async Task WriteAsync(IReadOnlyList<(long Line, Problem? Problem)> lines, JobsSubmitted? submitted)
    {
        Start();
        var next = 0;
        foreach (var (line, problem) in lines)
            Write(line, problem, problem is null ? SubmittedDocument.At(submitted!, next++) : default);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <param name="lines">Lines read.</param>
    /// <param name="problem">Why the stream ended early: lines that have no answer were not taken.</param>
    public async Task EndAsync(long lines, Problem? problem)
    {
        Start();
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter, Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("done", problem is null);
            json.WriteNumber("lines", lines);
            json.WriteNumber("accepted", accepted);
            json.WriteNumber("duplicates", duplicates);
            json.WriteNumber("refused", refused);
            Write(json, problem);
            json.WriteEndObject();
        }

        Break();
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private void Start()
    {
        if (HasStarted)
            return;
        if (isMinimal)
            http.Response.Headers["Preference-Applied"] = "return=minimal";
        http.Response.ContentType = SubmitEndpoint.Ndjson;
        http.Response.Headers.CacheControl = "no-store";
    }

    private void Write(long line, Problem? problem, JobSubmitted job)
    {
        var isRefused = problem is not null || job.Outcome == SubmitOutcome.QueueFull;
        _ = isRefused ? refused++ : job.Outcome == SubmitOutcome.Duplicate ? duplicates++ : accepted++;
        if (isMinimal && !isRefused)
            return;
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("outcome", problem is not null ? "refused" : JsonNamingPolicy.CamelCase.ConvertName(job.Outcome.ToString()));
            if (!isRefused)
                json.WriteString("id", job.Id.ToString());
            Write(json, problem);
            json.WriteEndObject();
        }

        Break();
    }

    private static void Write(Utf8JsonWriter json, Problem? problem)
    {
        if (problem is null)
            return;
        json.WritePropertyName("problem");
        ProblemWriter.Write(json, problem);
    }

    private void Break()
    {
        http.Response.BodyWriter.GetSpan(1)[0] = (byte)'\n';
        http.Response.BodyWriter.Advance(1);
    }
}
