using System.Buffers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Hearth.Functions.Payloads;

/// <summary>How the bytes of a request become a function's input.</summary>
internal delegate InputError? InputReader<T>(in ReadOnlySequence<byte> body, string contentType, bool lenient, out T value);

internal static class InputReaders
{
    /// <summary>The reader for <typeparamref name="T"/>, chosen once when a function is registered.</summary>
    public static InputReader<T> For<T>()
    {
        if (typeof(T) == typeof(Nothing))
            return static (in ReadOnlySequence<byte> _, string _, bool _, out T value) => { value = default!; return null; };
        if (typeof(T) == typeof(byte[]))
            return static (in ReadOnlySequence<byte> body, string _, bool _, out T value) => { value = (T)(object)body.ToArray(); return null; };
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            return static (in ReadOnlySequence<byte> body, string _, bool _, out T value) =>
            {
                value = (T)(object)(ReadOnlyMemory<byte>)body.ToArray();
                return null;
            };
        }

        return typeof(T) == typeof(string) ? (InputReader<T>)(object)Text() : Json<T>();
    }

    private static InputReader<T> Json<T>()
    {
        var strict = (JsonTypeInfo<T>)HearthJson.Strict.GetTypeInfo(typeof(T));
        var lenientType = (JsonTypeInfo<T>)HearthJson.Lenient.GetTypeInfo(typeof(T));
        return (in ReadOnlySequence<byte> body, string _, bool lenient, out T value) =>
            JsonInput.TryRead(body, lenient ? lenientType : strict, out value);
    }

    private static InputReader<string> Text()
    {
        var json = Json<string>();
        return (in ReadOnlySequence<byte> body, string contentType, bool lenient, out string value) =>
        {
            if (contentType == MediaTypes.Json)
                return json(body, contentType, lenient, out value);
            value = "";
            var bytes = body.IsSingleSegment ? body.FirstSpan : body.ToArray();
            if (!Utf8.IsValid(bytes))
                return new InputError(true, "The text is not valid UTF-8.");
            value = Encoding.UTF8.GetString(bytes);
            return null;
        };
    }
}

/// <summary>The type of an input or output that is not there.</summary>
internal readonly record struct Nothing;
