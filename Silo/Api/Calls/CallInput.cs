using System.Buffers;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Xml;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Calls;

/// <summary>A call's input after negotiation: bytes in a notation that the function reads.</summary>
/// <param name="Body">The input; in the server's buffers when <paramref name="IsBorrowed"/>.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Lenient">Numbers and booleans may be text (XML, routes, queries).</param>
/// <param name="IsBorrowed">It has to be given back by <see cref="Return"/>, or the connection cannot go on.</param>
internal readonly record struct CallInput(ReadOnlySequence<byte> Body, string ContentType, bool Lenient, bool IsBorrowed)
{
    /// <summary>The input of a request that has no body.</summary>
    public static CallInput None { get; } = new(default, ContentType: "", Lenient: false, IsBorrowed: false);

    /// <summary>Which media type the request's body has, or why it is not taken.</summary>
    public static (string ContentType, Problem? Problem) Negotiate(HttpRequest request, PayloadShape input)
    {
        var given = Accept.MediaTypeOf(request.ContentType);
        if (input.Kind == PayloadKind.None)
            return (given, null);
        if (request.Headers.ContentEncoding.Count > 0)
            return (given, Problems.UnsupportedEncoding);
        if (given.Length == 0 && Shapes.IsRaw(input.Kind))
            given = MediaTypes.Bytes;
        if (input.Takes(given) || (given == MediaTypes.Xml && input.HasXml))
            return Shapes.IsRaw(input.Kind) || !Accept.HasOtherCharset(request.ContentType) ? (given, null) : (given, Problems.UnsupportedCharset);
        IReadOnlyList<string> taken = input.HasXml && !input.ContentTypes.Contains(MediaTypes.Xml) ? [.. input.ContentTypes, MediaTypes.Xml] : input.ContentTypes;
        return (given, Problems.UnsupportedMediaType(given, taken));
    }

    /// <summary>Gives the server its buffers back; to be called once, when the input was decoded or will not be.</summary>
    public void Return(HttpRequest request)
    {
        if (IsBorrowed)
            request.BodyReader.AdvanceTo(Body.End);
    }

    /// <summary>Reads the body, turning XML into JSON where JSON is read.</summary>
    public static async ValueTask<(CallInput Input, Problem? Problem)> ReadAsync(HttpRequest request, PayloadShape input, string contentType)
    {
        if (input.Kind == PayloadKind.None)
            return (new CallInput(default, contentType, Lenient: false, IsBorrowed: false), null);
        var bytesMax = input.BytesMax;
        if (await RequestBody.ReadAsync(request, bytesMax) is not { } body)
            return (default, Problems.TooLarge(bytesMax));
        if (contentType != MediaTypes.Xml || input.Takes(MediaTypes.Xml) && Shapes.IsRaw(input.Kind))
            return (new CallInput(body, contentType, Lenient: false, IsBorrowed: true), null);
        try
        {
            var json = new ArrayBufferWriter<byte>((int)Math.Min(body.Length, 64 * 1024) + 16);
            XmlToJson.Convert(body, json);
            return (new CallInput(new ReadOnlySequence<byte>(json.WrittenMemory), MediaTypes.Json, Lenient: true, IsBorrowed: false), null);
        }
        catch (XmlRejectedException e)
        {
            return (default, Problems.Malformed(e.Message));
        }
        finally
        {
            request.BodyReader.AdvanceTo(body.End);
        }
    }

    /// <summary>The input of a function's own route: route values and query as members, in front of the body's.</summary>
    public static CallInput Merge(IEnumerable<KeyValuePair<string, string>> values, CallInput body)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            foreach (var (name, value) in values)
                json.WriteString(name, value);
            if (!body.Body.IsEmpty)
            {
                using var document = JsonDocument.Parse(body.Body, new JsonDocumentOptions { MaxDepth = HearthJson.DepthMax });
                foreach (var member in document.RootElement.EnumerateObject())
                    member.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return new CallInput(new ReadOnlySequence<byte>(output.WrittenMemory), MediaTypes.Json, Lenient: true, IsBorrowed: false);
    }
}
