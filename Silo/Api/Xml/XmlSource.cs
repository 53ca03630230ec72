using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Opens a caller's bytes as XML, with everything off by which XML reaches beyond its own text.</summary>
internal static class XmlSource
{
    private const string Remedy = "send UTF-8";
    private const int BufferBytesMin = 128;
    private const int BufferBytesMax = 16 * 1024;

    // Named with its mark so that the reader skips one; strict so that a wrong byte is an error, not a U+FFFD.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = XmlLimits.DocumentCharsMax,
        MaxCharactersFromEntities = XmlLimits.EntityCharsMax,
        ConformanceLevel = ConformanceLevel.Document,
        CheckCharacters = true,
        IgnoreComments = true,
        CloseInput = true,
    };

    /// <summary>Reads as UTF-8 whatever the document declares; <see cref="IsUtf8Name"/> is for checking the declaration.</summary>
    public static XmlReader Open(ReadOnlySequence<byte> xml)
    {
        var bytes = PipeReader.Create(xml).AsStream();
        var text = new StreamReader(bytes, StrictUtf8, detectEncodingFromByteOrderMarks: false,
            bufferSize: (int)Math.Clamp(xml.Length, BufferBytesMin, BufferBytesMax));
        return XmlReader.Create(text, Settings);
    }

    /// <exception cref="XmlRejectedException">The header, or the first bytes, tell of another encoding.</exception>
    public static void RequireUtf8(ReadOnlySequence<byte> xml, string? charset)
    {
        if (charset is not null && !IsUtf8Name(charset.Trim('"')))
            throw new XmlRejectedException(
                $"The charset '{XmlText.Quote(charset)}' of the Content-Type is refused: {Remedy}", null, null, null);
        Span<byte> start = stackalloc byte[2];
        if (xml.Length < start.Length) return;
        xml.Slice(0, start.Length).CopyTo(start);
        if (start is [0xFE, 0xFF] or [0xFF, 0xFE] or [0, _] or [_, 0])
            throw new XmlRejectedException($"The document is in UTF-16 or UTF-32: {Remedy}", 1, 1, null);
    }

    /// <summary>ASCII too, which is a part of UTF-8.</summary>
    public static bool IsUtf8Name(string encoding) =>
        encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        || encoding.Equals("utf8", StringComparison.OrdinalIgnoreCase)
        || encoding.Equals("us-ascii", StringComparison.OrdinalIgnoreCase);
}
