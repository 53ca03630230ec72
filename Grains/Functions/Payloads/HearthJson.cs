using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Functions.Payloads;

/// <summary>How typed values are read and written: camel case, strict, depth 64.</summary>
internal static class HearthJson
{
    public const int DepthMax = 64;

    /// <summary>For JSON: unknown and repeated members, missing required ones, nulls and wrong types are refused.</summary>
    public static JsonSerializerOptions Strict { get; } = Create(JsonNumberHandling.Strict);

    /// <summary>For XML, routes and queries, whose values may be untyped text: numbers and booleans may come as strings.</summary>
    public static JsonSerializerOptions Lenient { get; } = Create(JsonNumberHandling.AllowReadingFromString, new LenientBoolean());

    /// <summary>For what is stored: like <see cref="Strict"/>, but a member that the code has no more is passed over.</summary>
    public static JsonSerializerOptions Stored { get; } = CreateStored();

    private static JsonSerializerOptions CreateStored()
    {
        var options = new JsonSerializerOptions(Strict) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };
        options.MakeReadOnly();
        return options;
    }

    private static JsonSerializerOptions Create(JsonNumberHandling numbers, params JsonConverter[] converters)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            AllowDuplicateProperties = false,
            MaxDepth = DepthMax,
            NumberHandling = numbers,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        foreach (var converter in converters)
            options.Converters.Add(converter);
        options.MakeReadOnly();
        return options;
    }

    private sealed class LenientBoolean : JsonConverter<bool>
    {
        public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.String when reader.ValueTextEquals("true") => true,
            JsonTokenType.String when reader.ValueTextEquals("false") => false,
            _ => throw new JsonException(),
        };

        public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
    }
}
