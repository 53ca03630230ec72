using System.Buffers;
using Hearth.Api.Http;
using Hearth.Api.Xml;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>
/// <c>POST /v1/queues/{queue}/jobs</c>: (1) negotiate the notation, (2) read and check the jobs, (3) have them stored, (4) answer 202. A
/// stream of them goes its own way (<see cref="JobStream"/>).
/// </summary>
internal sealed class SubmitEndpoint(JobBuilder builder, JobIntake intake, JobStream stream)
{
    /// <summary>Largest request, in bytes: 64 MiB.</summary>
    public const int BytesMax = 64 << 20;

    public const string Ndjson = "application/x-ndjson";

    private static readonly string[] Taken = [MediaTypes.Json, MediaTypes.Xml, Ndjson];

    public async Task SubmitAsync(HttpContext http)
    {
        if (await TrySubmitAsync(http) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> TrySubmitAsync(HttpContext http)
    {
        var queue = (string)http.Request.RouteValues["queue"]!;
        if (!QueueName.IsValid(queue))
            return Problems.InvalidInput($"'{Problems.Shown(queue)}' cannot be a queue: {QueueName.Rule}.", "queue");
        if (http.Request.Headers.ContentEncoding.Count > 0)
            return Problems.UnsupportedEncoding;
        if (Accept.HasOtherCharset(http.Request.ContentType))
            return Problems.UnsupportedCharset;
        return Accept.MediaTypeOf(http.Request.ContentType) switch
        {
            MediaTypes.Json => await SubmitAsync(http, queue, isXml: false),
            MediaTypes.Xml => await SubmitAsync(http, queue, isXml: true),
            Ndjson or "application/ndjson" => await stream.RunAsync(http, queue),
            var other => Problems.UnsupportedMediaType(other, Taken),
        };
    }

    private async Task<Problem?> SubmitAsync(HttpContext http, string queue, bool isXml)
    {
        if (await RequestBody.ReadAsync(http.Request, BytesMax) is not { } body)
            return Problems.TooLarge(BytesMax);
        var (request, rejected) = Read(body, isXml);
        http.Request.BodyReader.AdvanceTo(body.End);
        if (request is null)
            return rejected;
        if (!IdempotencyKey.TryRead(http.Request, request.Jobs, out var key))
            return Problems.InvalidKey;
        if (key is not null && request.Jobs.Length > 1 && Array.FindIndex(request.Jobs, job => job.Options?.Unique is not null) is var unique and >= 0)
            return Problems.KeyAndUnique(unique);
        var (submitted, problem) = await intake.TakeAsync(queue, request.Jobs, key);
        return submitted is null ? problem : await AnswerAsync(http, queue, request, submitted);
    }

    private (JobRequest? Request, Problem? Problem) Read(in ReadOnlySequence<byte> body, bool isXml)
    {
        try
        {
            return (JobReader.Read(isXml ? ToJson(body) : body, builder, lenient: isXml), null);
        }
        catch (JobRejectedException e)
        {
            return (null, e.Problem);
        }
        catch (XmlRejectedException e)
        {
            return (null, Problems.Malformed(e.Message));
        }
    }

    private static ReadOnlySequence<byte> ToJson(in ReadOnlySequence<byte> xml)
    {
        var json = new ArrayBufferWriter<byte>((int)Math.Min(xml.Length, 64 << 10) + 16);
        XmlToJson.Convert(xml, json);
        return new ReadOnlySequence<byte>(json.WrittenMemory);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, string queue, JobRequest request, JobsSubmitted submitted)
    {
        http.Response.Headers.RetryAfter = "1";
        if (request.IsArray)
        {
            await Resource.WriteAnywayAsync(http, SubmittedManyDocument.From(submitted, http.Request), StatusCodes.Status202Accepted);
            return null;
        }

        var one = SubmittedDocument.At(submitted, 0);
        if (one.Outcome == SubmitOutcome.QueueFull)
            return await intake.QueueFullAsync(queue);
        http.Response.Headers.Location = JobDocument.PathOf(one.Id, http.Request);
        await Resource.WriteAnywayAsync(http, SubmittedDocument.From(one, http.Request), StatusCodes.Status202Accepted);
        return null;
    }
}
