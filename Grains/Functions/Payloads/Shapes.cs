using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Hearth.Functions.Payloads;

/// <summary>Derives what callers are told of a payload from its CLR type.</summary>
internal static class Shapes
{
    public static PayloadKind KindOf(Type type) => type switch
    {
        _ when type == typeof(Nothing) => PayloadKind.None,
        _ when type == typeof(Stream) => PayloadKind.Stream,
        _ when type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) => PayloadKind.Bytes,
        _ when type == typeof(string) => PayloadKind.Text,
        _ => PayloadKind.Json,
    };

    public static bool IsRaw(PayloadKind kind) => kind is PayloadKind.Bytes or PayloadKind.Stream;

    public static IReadOnlyList<string> ContentTypes(PayloadKind kind) => kind switch
    {
        PayloadKind.Json => [MediaTypes.Json, MediaTypes.Xml],
        PayloadKind.Text => [MediaTypes.Text, MediaTypes.Json, MediaTypes.Xml],
        _ => [],
    };

    public static JsonNode? SchemaOf(PayloadKind kind, Type type) => kind is PayloadKind.Json or PayloadKind.Text
        ? JsonSchemaExporter.GetJsonSchemaAsNode(HearthJson.Strict, type, new()
        {
            TreatNullObliviousAsNonNullable = true,
            // "Anything" is the schema true or {}; readers of OpenAPI documents know the second only.
            TransformSchemaNode = (_, schema) => schema.GetValueKind() == JsonValueKind.True ? new JsonObject() : schema,
        })
        : null;

    /// <summary>The author's example, else one made from the schema.</summary>
    public static JsonNode? Example(PayloadKind kind, Type type, object? given)
    {
        if (given is not null)
            return given as JsonNode ?? JsonSerializer.SerializeToNode(given, given.GetType(), HearthJson.Strict);
        return kind switch
        {
            PayloadKind.Json => FromSchema(SchemaOf(kind, type), 0),
            PayloadKind.Text => JsonValue.Create("text"),
            _ => null,
        };
    }

    private static JsonNode? FromSchema(JsonNode? schema, int depth)
    {
        if (schema is not JsonObject o || depth > 4)
            return null;
        if (o["enum"] is JsonArray { Count: > 0 } values)
            return values[0]?.DeepClone();
        if (o["default"] is { } value)
            return value.DeepClone();
        var type = o["type"] is JsonArray several ? several[0]?.GetValue<string>() : o["type"]?.GetValue<string>();
        return type switch
        {
            "object" => new JsonObject((o["properties"] as JsonObject ?? []).Select(
                p => KeyValuePair.Create(p.Key, FromSchema(p.Value, depth + 1)))),
            "array" => new JsonArray(FromSchema(o["items"], depth + 1)),
            "integer" or "number" => JsonValue.Create(1),
            "boolean" => JsonValue.Create(true),
            "string" => JsonValue.Create("text"),
            _ => null,
        };
    }
}
