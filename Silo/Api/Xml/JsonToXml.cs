using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Writes a JSON document as XML, token by token. The mapping is <c>docs/reference/xml.md</c>.</summary>
internal static class JsonToXml
{
    private static readonly JsonReaderOptions Strict = new()
    {
        MaxDepth = XmlLimits.DepthMax,
        CommentHandling = JsonCommentHandling.Disallow,
        AllowTrailingCommas = false,
    };

    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        Indent = false,

        // A reader turns a bare carriage return into a line feed; as a character reference it survives.
        NewLineHandling = NewLineHandling.Entitize,
    };

    /// <summary>On failure, discard what <paramref name="output"/> got.</summary>
    /// <exception cref="JsonException">
    /// The input is not one JSON document within <see cref="XmlLimits"/>, names a member twice, or is not Unicode.
    /// </exception>
    public static void Convert(ReadOnlySequence<byte> json, IBufferWriter<byte> output, XmlShape shape)
    {
        var reader = new Utf8JsonReader(json, Strict);
        using var stream = new BufferWriterStream(output);
        using var xml = XmlWriter.Create(stream, Settings);
        var elements = new ElementWriter(xml, shape);
        while (reader.Read()) Write(ref reader, elements);
    }

    private static void Write(ref Utf8JsonReader reader, ElementWriter elements)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: elements.Start(XmlKind.Object); break;
            case JsonTokenType.StartArray: elements.Start(XmlKind.Array); break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray: elements.End(); break;
            case JsonTokenType.PropertyName: Name(ref reader, elements); break;
            case JsonTokenType.String: elements.String(Text(ref reader)); break;
            case JsonTokenType.Number: elements.Leaf(XmlKind.Number, Digits(ref reader)); break;
            case JsonTokenType.True: elements.Leaf(XmlKind.Boolean, "true"); break;
            case JsonTokenType.False: elements.Leaf(XmlKind.Boolean, "false"); break;
            default: elements.Leaf(XmlKind.Null, ""); break;
        }
    }

    private static void Name(ref Utf8JsonReader reader, ElementWriter elements)
    {
        var name = Text(ref reader);
        if (name.Length > XmlLimits.NameCharsMax)
            throw Bad(ref reader, $"A member's name is longer than {XmlLimits.NameCharsMax} characters");
        if (!elements.TryName(name))
            throw Bad(ref reader, $"The member '{XmlText.Quote(name)}' is there twice");
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The reader checks Unicode only here, and says so with an exception meant for programmers.
            throw Bad(ref reader, "A string is not valid Unicode");
        }
    }

    // The text as it stands: a double would round it.
    private static string Digits(ref Utf8JsonReader reader) => reader.HasValueSequence
        ? Encoding.ASCII.GetString(reader.ValueSequence)
        : Encoding.ASCII.GetString(reader.ValueSpan);

    private static JsonException Bad(ref Utf8JsonReader reader, string what) =>
        new($"{what}, at byte {reader.TokenStartIndex}.");
}
