using System.Buffers;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Xml;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Jobs.Queues;

/// <summary>Reads the body of a change of a definition.</summary>
internal static class DefinitionBody
{
    /// <summary>Largest body, in bytes: 256 KiB.</summary>
    public const int BytesMax = 256 << 10;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <param name="http">The request.</param>
    /// <param name="taken">Media types that are taken.</param>
    /// <returns>The document, and whether it came as XML.</returns>
    /// <exception cref="JobRejectedException">It cannot be read.</exception>
    public static async Task<(JsonDocument Document, bool IsXml)> ReadAsync(HttpContext http, params string[] taken)
    {
        var type = Accept.MediaTypeOf(http.Request.ContentType);
        if (http.Request.Headers.ContentEncoding.Count > 0)
            throw new JobRejectedException(Problems.UnsupportedEncoding);
        if (Accept.HasOtherCharset(http.Request.ContentType))
            throw new JobRejectedException(Problems.UnsupportedCharset);
        if (!taken.Contains(type, StringComparer.Ordinal))
            throw new JobRejectedException(Problems.UnsupportedMediaType(type, taken));
        var body = await RequestBody.ReadAsync(http.Request, BytesMax) ?? throw new JobRejectedException(Problems.TooLarge(BytesMax));
        try
        {
            return (Parse(body, type == MediaTypes.Xml), type == MediaTypes.Xml);
        }
        finally
        {
            http.Request.BodyReader.AdvanceTo(body.End);
        }
    }

    private static JsonDocument Parse(in ReadOnlySequence<byte> body, bool isXml)
    {
        if (body.IsEmpty)
            throw new JobRejectedException(Problems.Malformed("The body is empty; send a definition such as {\"paused\": true}."));
        try
        {
            if (!isXml && !JsonInput.IsUtf8(body))
                throw new JobRejectedException(Problems.From(JsonInput.NotUtf8));
            return JsonDocument.Parse(isXml ? ToJson(body) : body.ToArray(), Strict);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JobRejectedException(Problems.Malformed("The body is not valid JSON without repeated members, at most 16 levels deep: " + e.Message));
        }
        catch (XmlRejectedException e)
        {
            throw new JobRejectedException(Problems.Malformed(e.Message));
        }
    }

    private static ReadOnlyMemory<byte> ToJson(in ReadOnlySequence<byte> xml)
    {
        var json = new ArrayBufferWriter<byte>((int)xml.Length + 16);
        XmlToJson.Convert(xml, json);
        return json.WrittenMemory;
    }
}
