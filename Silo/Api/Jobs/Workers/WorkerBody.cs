using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Xml;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Jobs.Workers;

/// <summary>Reads the body of a worker's request: JSON, or XML under the one mapping.</summary>
internal static class WorkerBody
{
    /// <summary>Largest request, in bytes: 64 MiB, as for submissions.</summary>
    public const int BytesMax = 64 << 20;

    private static readonly string[] Taken = [MediaTypes.Json, MediaTypes.Xml];

    /// <summary>A result's own levels, with the item and the array around it.</summary>
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = HearthJson.DepthMax + 2, AllowDuplicateProperties = false };

    /// <param name="http">The request.</param>
    /// <param name="bytesMax">Largest body.</param>
    /// <param name="reference">The page that tells what to send.</param>
    /// <returns>The document, and whether it came as XML.</returns>
    /// <exception cref="JobRejectedException">It cannot be read.</exception>
    public static async Task<(JsonDocument Document, bool IsXml)> ReadAsync(HttpContext http, int bytesMax = BytesMax, string reference = "workers.md")
    {
        var isXml = NotationOf(http.Request);
        var body = await RequestBody.ReadAsync(http.Request, bytesMax) ?? throw new JobRejectedException(Problems.TooLarge(bytesMax));
        try
        {
            if (body.IsEmpty)
                throw new JobRejectedException(Problems.Malformed($"The body is empty; docs/reference/{reference} shows what to send."));
            if (!isXml && !JsonInput.IsUtf8(body))
                throw new JobRejectedException(Problems.From(JsonInput.NotUtf8));
            return (Parse(isXml ? ToJson(body) : body.ToArray()), isXml);
        }
        catch (JsonException e)
        {
            throw new JobRejectedException(Problems.Malformed(string.Create(
                CultureInfo.InvariantCulture, $"The body is not valid JSON without repeated members: line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}.")));
        }
        catch (XmlRejectedException e)
        {
            throw new JobRejectedException(Problems.Malformed(e.Message));
        }
        finally
        {
            http.Request.BodyReader.AdvanceTo(body.End);
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (InvalidOperationException)
        {
            // Thrown where names are compared, for one that JSON can spell and UTF-16 cannot hold.
            throw new JobRejectedException(Problems.Malformed("The body has a name that is not Unicode: send valid UTF-8, without lone surrogates."));
        }
    }

    private static bool NotationOf(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            throw new JobRejectedException(Problems.UnsupportedEncoding);
        if (Accept.HasOtherCharset(request.ContentType))
            throw new JobRejectedException(Problems.UnsupportedCharset);
        return Accept.MediaTypeOf(request.ContentType) switch
        {
            MediaTypes.Json => false,
            MediaTypes.Xml => true,
            var other => throw new JobRejectedException(Problems.UnsupportedMediaType(other, Taken)),
        };
    }

    private static ReadOnlyMemory<byte> ToJson(in ReadOnlySequence<byte> xml)
    {
        var json = new ArrayBufferWriter<byte>((int)Math.Min(xml.Length, 64 << 10) + 16);
        XmlToJson.Convert(xml, json);
        return json.WrittenMemory;
    }
}
