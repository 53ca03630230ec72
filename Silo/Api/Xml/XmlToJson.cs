using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Reads XML as the JSON document that it stands for. The mapping is <c>docs/reference/xml.md</c>.</summary>
internal static class XmlToJson
{
    // The JSON goes to a parser, never into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>On failure, discard what <paramref name="json"/> got.</summary>
    /// <param name="xml">One document in UTF-8, with or without a byte order mark. Its length is the caller's to bound.</param>
    /// <param name="json">Gets the JSON, in UTF-8.</param>
    /// <param name="charset">That of the Content-Type, if it has one.</param>
    /// <exception cref="XmlRejectedException">Whatever is wrong with the document.</exception>
    public static void Convert(ReadOnlySequence<byte> xml, IBufferWriter<byte> json, string? charset = null)
    {
        XmlSource.RequireUtf8(xml, charset);
        XmlDocumentReader? document = null;
        try
        {
            // Opening reads already, and so may fail like reading.
            using var reader = XmlSource.Open(xml);
            using var writer = new Utf8JsonWriter(json, Options);
            document = new XmlDocumentReader(reader, writer, () => ItemScan.Objects(xml));
            document.Run();
        }
        catch (XmlException fault)
        {
            throw XmlFault.From(fault, xml, document?.Path);
        }
        catch (DecoderFallbackException)
        {
            throw XmlFault.NotUtf8(xml);
        }
    }
}
