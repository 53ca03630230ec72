using System.Buffers;
using System.Text;
using System.Text.Unicode;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Turns what the XML reader throws into words for callers, who know nothing of .NET.</summary>
internal static class XmlFault
{
    // A message may quote the names of all open elements.
    private const int MessageCharsMax = 300;

    public static XmlRejectedException From(XmlException fault, ReadOnlySequence<byte> xml, string? path)
    {
        if (fault.Message.Contains("DTD", StringComparison.OrdinalIgnoreCase)) return DocumentType(xml);
        return new XmlRejectedException(Explain(fault.Message), Known(fault.LineNumber), Known(fault.LinePosition), path);
    }

    /// <summary>Finds the first wrong byte anew: the decoder only knows where it is in its own buffer.</summary>
    public static XmlRejectedException NotUtf8(ReadOnlySequence<byte> xml)
    {
        var bytes = xml.ToArray();
        Utf8.ToUtf16(bytes, new char[bytes.Length], out var offset, out _, replaceInvalidSequences: false);
        var (line, column) = Place(bytes.AsSpan(0, offset));
        return new XmlRejectedException(
            $"Byte {offset} of the document is not valid UTF-8: send UTF-8", line, column, null);
    }

    // The XML reader refuses it without saying where.
    private static XmlRejectedException DocumentType(ReadOnlySequence<byte> xml)
    {
        var bytes = xml.ToArray();
        var offset = Math.Max(0, bytes.AsSpan().IndexOf("<!DOCTYPE"u8));
        var (line, column) = Place(bytes.AsSpan(0, offset));
        return new XmlRejectedException(
            "The document type declaration is refused: remove the <!DOCTYPE ...>", line, column, null);
    }

    private static (int Line, int Column) Place(ReadOnlySpan<byte> before)
    {
        var lastLine = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(lastLine) + 1);
    }

    private static string Explain(string message)
    {
        if (message.Contains("MaxCharacters", StringComparison.Ordinal))
            return $"The document is longer than {XmlLimits.DocumentCharsMax} characters: send less at once";
        return "The document is not well-formed: " + XmlText.Head(WithoutPlace(message), MessageCharsMax);
    }

    private static string WithoutPlace(string message)
    {
        var place = message.LastIndexOf(" Line ", StringComparison.Ordinal);
        return (place < 0 ? message : message[..place]).TrimEnd('.');
    }

    private static int? Known(int position) => position > 0 ? position : null;
}
