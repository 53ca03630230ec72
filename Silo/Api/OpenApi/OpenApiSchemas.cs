using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>Moves a function's schema into the document's components.</summary>
internal static class OpenApiSchemas
{
    /// <returns>A reference to it, or null when there is no schema.</returns>
    public static JsonNode? Add(JsonObject schemas, string name, JsonNode? schema)
    {
        if (schema is null)
            return null;
        var root = "#/components/schemas/" + name;
        var copy = schema.DeepClone();
        Relocate(copy, root);
        schemas[name] = copy;
        return new JsonObject { ["$ref"] = root };
    }

    /// <summary>A recursive type refers to its own root ("#/properties/..."), which is elsewhere now.</summary>
    private static void Relocate(JsonNode? node, string root)
    {
        switch (node)
        {
            case JsonObject o:
                if (o["$ref"] is JsonValue reference && reference.GetValue<string>() is ['#', .. var rest])
                    o["$ref"] = root + rest;
                foreach (var (_, child) in o.ToList())
                    Relocate(child, root);
                break;
            case JsonArray a:
                foreach (var child in a)
                    Relocate(child, root);
                break;
        }
    }
}
