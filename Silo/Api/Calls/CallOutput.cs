using System.Buffers;
using System.Text;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Xml;
using Hearth.Functions;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Calls;

/// <summary>Which notation an answer has, and how a result gets into it.</summary>
internal static class CallOutput
{
    private static readonly string[] Typed = [MediaTypes.Json, MediaTypes.Xml];
    private static readonly string[] TypedText = [MediaTypes.Json, MediaTypes.Xml, MediaTypes.Text];

    /// <summary>What a function's results are offered as, the first being what nobody has to ask for.</summary>
    public static IReadOnlyList<string> Offered(ServedFunction function) => Offered(function.Output);

    public static IReadOnlyList<string> Offered(PayloadShape output) => output.Kind switch
    {
        PayloadKind.Text => TypedText,
        PayloadKind.Bytes or PayloadKind.Stream => output.HasXml ? [.. output.ContentTypes, MediaTypes.Xml] : output.ContentTypes,
        _ => Typed,
    };

    /// <summary>The notation that the caller wants, or null when it is not offered. A raw result of undeclared type suits everyone.</summary>
    public static string? Negotiate(HttpRequest request, PayloadShape output) =>
        output.Kind is PayloadKind.Bytes or PayloadKind.Stream && output.ContentTypes is [MediaTypes.Bytes]
            ? MediaTypes.Bytes
            : Accept.Choose(request, Offered(output));

    /// <summary>Whether a stored or streamed result of <paramref name="contentType"/> has to be rewritten for <paramref name="wanted"/>.</summary>
    public static bool NeedsConversion(string contentType, string wanted) =>
        contentType == MediaTypes.Json && wanted is MediaTypes.Xml or MediaTypes.Text && contentType != wanted;

    /// <summary>Sends a whole result.</summary>
    public static async Task SendAsync(HttpResponse response, ReadOnlyMemory<byte> result, string contentType, string wanted)
    {
        if (NeedsConversion(contentType, wanted))
            (result, contentType) = (Convert(result, wanted), wanted);
        response.ContentType = contentType == MediaTypes.Text ? "text/plain; charset=utf-8" : contentType;
        response.ContentLength = result.Length;
        // Written, not flushed: the server sends head and body together when the request ends.
        response.BodyWriter.Write(result.Span);
        await Task.CompletedTask;
    }

    private static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> json, string wanted)
    {
        if (wanted == MediaTypes.Text)
        {
            using var document = JsonDocument.Parse(json);
            return Encoding.UTF8.GetBytes(document.RootElement.GetString() ?? "");
        }

        var xml = new ArrayBufferWriter<byte>(json.Length * 2 + 64);
        JsonToXml.Convert(new ReadOnlySequence<byte>(json), xml, XmlShape.Value);
        return xml.WrittenMemory;
    }
}
