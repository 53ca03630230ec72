using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Functions.Payloads;

/// <summary>How a function's result becomes bytes. Text is written as a JSON string here; the API offers it plain as well.</summary>
internal delegate void OutputWriter<in T>(T value, IBufferWriter<byte> output);

internal static class OutputWriters
{
    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <summary>The writer for <typeparamref name="T"/>, chosen once when a function is registered.</summary>
    public static OutputWriter<T> For<T>()
    {
        if (typeof(T) == typeof(Nothing))
            return static (_, _) => { };
        if (typeof(T) == typeof(byte[]))
            return static (value, output) => output.Write((byte[])(object)value!);
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
            return static (value, output) => output.Write(((ReadOnlyMemory<byte>)(object)value!).Span);
        var type = (JsonTypeInfo<T>)HearthJson.Strict.GetTypeInfo(typeof(T));
        return (value, output) => WriteJson(value, type, output);
    }

    private static void WriteJson<T>(T value, JsonTypeInfo<T> type, IBufferWriter<byte> output)
    {
        // One writer a thread: a result is encoded in one go, so it is never shared across an await. A converter that encodes
        // another result inside finds none and makes its own.
        var json = writer ?? new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        writer = null;
        json.Reset(output);
        JsonSerializer.Serialize(json, value, type);
        json.Flush();
        json.Reset();
        writer = json;
    }
}
