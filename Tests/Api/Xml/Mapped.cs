using System.Buffers;
using System.Text;
using Hearth.Api.Xml;

namespace Hearth.Tests.Api.Xml;

/// <summary>The mapping on strings.</summary>
internal static class Mapped
{
    public const string Declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

    public static string Json(string xml, string? charset = null) => Json(Encoding.UTF8.GetBytes(xml), charset);

    public static string Json(byte[] xml, string? charset = null) => Json(new ReadOnlySequence<byte>(xml), charset);

    public static string Json(ReadOnlySequence<byte> xml, string? charset = null)
    {
        var json = new ArrayBufferWriter<byte>();
        XmlToJson.Convert(xml, json, charset);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    /// <summary>Without the declaration, which all documents share.</summary>
    public static string Xml(string json, XmlShape? shape = null) => Xml(Encoding.UTF8.GetBytes(json), shape);

    public static string Xml(byte[] json, XmlShape? shape = null)
    {
        var xml = new ArrayBufferWriter<byte>();
        JsonToXml.Convert(new ReadOnlySequence<byte>(json), xml, shape ?? XmlShape.Value);
        var text = Encoding.UTF8.GetString(xml.WrittenSpan);
        Assert.StartsWith(Declaration, text, StringComparison.Ordinal);
        return text[Declaration.Length..];
    }

    public static XmlRejectedException Refused(string xml, string? charset = null) =>
        Assert.Throws<XmlRejectedException>(() => Json(xml, charset));

    public static XmlRejectedException Refused(byte[] xml) => Assert.Throws<XmlRejectedException>(() => Json(xml));

    /// <summary>The bytes in pieces of the given length, as they come from a network.</summary>
    public static ReadOnlySequence<byte> Pieces(byte[] bytes, int length)
    {
        var first = new Piece(bytes.AsMemory(0, Math.Min(length, bytes.Length)), 0);
        var last = first;
        for (var start = length; start < bytes.Length; start += length)
            last = last.Append(bytes.AsMemory(start, Math.Min(length, bytes.Length - start)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The same bytes many times over, without the memory for it.</summary>
    public static ReadOnlySequence<byte> Repeated(byte[] bytes, int times)
    {
        var first = new Piece(bytes, 0);
        var last = first;
        for (var i = 1; i < times; i++) last = last.Append(bytes);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long start) => (Memory, RunningIndex) = (memory, start);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
