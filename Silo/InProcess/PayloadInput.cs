using System.Buffers;
using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Api.Xml;
using Hearth.Client;
using Hearth.Functions.Payloads;

namespace Hearth.InProcess;

/// <summary>A payload as a function or operation takes it.</summary>
internal static class PayloadInput
{
    /// <exception cref="HearthException">It does not take that.</exception>
    public static CallInput Read(Payload payload, PayloadShape shape)
    {
        var type = Accept.MediaTypeOf(payload.ContentType);
        if (shape.Kind == PayloadKind.None)
            return new CallInput(default, type, Lenient: false, IsBorrowed: false);
        if (type.Length == 0 && Shapes.IsRaw(shape.Kind))
            type = MediaTypes.Bytes;
        var isXml = type == MediaTypes.Xml && shape.HasXml && !(shape.Takes(type) && Shapes.IsRaw(shape.Kind));
        if (!isXml && !shape.Takes(type))
            throw Problems.UnsupportedMediaType(type, shape.ContentTypes).ToException();
        if (payload.Bytes.Length > shape.BytesMax)
            throw Problems.TooLarge(shape.BytesMax).ToException();
        var body = new ReadOnlySequence<byte>(payload.Bytes);
        return isXml ? ToJson(body) : new CallInput(body, type, Lenient: false, IsBorrowed: false);
    }

    private static CallInput ToJson(in ReadOnlySequence<byte> xml)
    {
        var json = new ArrayBufferWriter<byte>();
        try
        {
            XmlToJson.Convert(xml, json);
        }
        catch (XmlRejectedException e)
        {
            throw Problems.Malformed(e.Message).ToException(e);
        }

        return new CallInput(new ReadOnlySequence<byte>(json.WrittenMemory), MediaTypes.Json, Lenient: true, IsBorrowed: false);
    }
}
