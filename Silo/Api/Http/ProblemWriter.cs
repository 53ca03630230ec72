using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hearth.Api.Xml;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Http;

/// <summary>Writes problem documents, as JSON or, for those who asked for XML, as RFC 9457's XML.</summary>
internal static class ProblemWriter
{
    public static Task WriteAsync(HttpContext http, Problem problem)
    {
        var response = http.Response;
        if (response.HasStarted)
        {
            // Too late for a document: the caller must see that what it has is not whole.
            http.Abort();
            return Task.CompletedTask;
        }

        response.Clear();
        response.StatusCode = problem.Status;
        response.Headers.CacheControl = "no-store";
        if (problem.RetryAfter is { } after)
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status405MethodNotAllowed)
            response.Headers.Allow = new([.. problem.Choices ?? []]);
        if (problem.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = new(["Bearer realm=\"hearth\"", "Basic realm=\"hearth\", charset=\"UTF-8\""]);
        var json = new ArrayBufferWriter<byte>(512);
        Write(json, problem, Activity.Current?.TraceId.ToHexString());
        return Accept.PrefersXml(http.Request)
            ? SendXmlAsync(response, json.WrittenMemory)
            : SendAsync(response, MediaTypes.ProblemJson, json.WrittenMemory);
    }

    private static Task SendXmlAsync(HttpResponse response, ReadOnlyMemory<byte> json)
    {
        var xml = new ArrayBufferWriter<byte>(512);
        JsonToXml.Convert(new ReadOnlySequence<byte>(json), xml, XmlShape.Problem);
        return SendAsync(response, MediaTypes.ProblemXml, xml.WrittenMemory);
    }

    private static Task SendAsync(HttpResponse response, string contentType, ReadOnlyMemory<byte> body)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }

    private static void Write(IBufferWriter<byte> output, Problem problem, string? traceId)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Write(json, problem, traceId);
    }

    /// <summary>The document as a value of another one.</summary>
    public static void Write(Utf8JsonWriter json, Problem problem, string? traceId = null)
    {
        json.WriteStartObject();
        json.WriteString("type", problem.Type);
        json.WriteString("title", problem.Title);
        json.WriteNumber("status", problem.Status);
        if (problem.Detail is not null)
            json.WriteString("detail", problem.Detail);
        if (problem.Field is not null)
            json.WriteString("field", problem.Field);
        if (problem.Choices is { Count: > 0 } choices)
        {
            json.WriteStartArray("choices");
            foreach (var choice in choices)
                json.WriteStringValue(choice);
            json.WriteEndArray();
        }

        if (problem.Full is var (queue, depth, depthMax))
        {
            json.WriteString("queue", queue);
            json.WriteNumber("depth", depth);
            json.WriteNumber("depthMax", depthMax);
        }

        if (traceId is not null)
            json.WriteString("traceId", traceId);
        json.WriteEndObject();
    }
}
