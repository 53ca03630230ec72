using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Client;

/// <summary>What goes into or comes out of a function: bytes and their media type.</summary>
/// <param name="ContentType">Media type; empty for none.</param>
/// <param name="Bytes">Not changed after it was handed in.</param>
public sealed record Payload(string ContentType, ReadOnlyMemory<byte> Bytes)
{
    private const string Json = "application/json";

    /// <summary>Nothing: no input, or no result.</summary>
    public static Payload None { get; } = new("", default);

    private static JsonSerializerOptions Web { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Whether there is nothing.</summary>
    public bool IsNone => ContentType.Length == 0 && Bytes.IsEmpty;

    /// <summary>Media type without parameters, in lower case.</summary>
    public string MediaType => ContentType.Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>Whether it is JSON.</summary>
    public bool IsJson => MediaType == Json || MediaType.EndsWith("+json", StringComparison.Ordinal);

    /// <summary>A value as JSON: camel case, enums as text.</summary>
    /// <param name="value">A payload stays itself, and bytes are sent as they are.</param>
    /// <param name="options">Null: as said above.</param>
    /// <typeparam name="T">Any type that System.Text.Json writes.</typeparam>
    public static Payload Of<T>(T value, JsonSerializerOptions? options = null) => value switch
    {
        Payload payload => payload,
        byte[] bytes => OfBytes(bytes),
        ReadOnlyMemory<byte> bytes => OfBytes(bytes),
        _ => new(Json, JsonSerializer.SerializeToUtf8Bytes(value, options ?? Web)),
    };

    /// <summary>JSON that is written already.</summary>
    /// <param name="json">It is checked by who takes it.</param>
    public static Payload OfJson(string json) => new(Json, Encoding.UTF8.GetBytes(json));

    /// <summary>Text, for functions that take text.</summary>
    /// <param name="text">Sent as UTF-8.</param>
    public static Payload OfText(string text) => new("text/plain", Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes, for functions that take bytes.</summary>
    /// <param name="bytes">Not changed after it was handed in.</param>
    /// <param name="contentType">Their media type.</param>
    public static Payload OfBytes(ReadOnlyMemory<byte> bytes, string contentType = "application/octet-stream") => new(contentType, bytes);

    /// <summary>The value: JSON as <typeparamref name="T"/>, text as a string, anything as bytes or payload; nothing is the default.</summary>
    /// <param name="options">Null: camel case, enums as text.</param>
    /// <typeparam name="T">What it is expected to be.</typeparam>
    /// <exception cref="JsonException">It is not JSON, or not that of the type.</exception>
    public T? Read<T>(JsonSerializerOptions? options = null)
    {
        if (typeof(T) == typeof(Payload))
            return (T)(object)this;
        if (typeof(T) == typeof(byte[]))
            return (T)(object)Bytes.ToArray();
        if (IsNone)
            return default;
        if (IsJson)
            return JsonSerializer.Deserialize<T>(Bytes.Span, options ?? Web);
        return typeof(T) == typeof(string) && MediaType.StartsWith("text/", StringComparison.Ordinal)
            ? (T)(object)Encoding.UTF8.GetString(Bytes.Span)
            : throw new JsonException($"The output is {ContentType}, which cannot be read as {typeof(T).Name}: read it as Payload or byte[].");
    }

    /// <summary>The bytes as UTF-8.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);
}
