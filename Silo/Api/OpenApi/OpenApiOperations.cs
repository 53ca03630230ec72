using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Api.Calls;
using Hearth.Api.Objects;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Objects.Operations;

namespace Hearth.Api.OpenApi;

/// <summary>OpenAPI operations of routes and functions.</summary>
internal static class OpenApiOperations
{
    public static JsonObject Of(ApiRoute route, JsonObject schemas)
    {
        var operation = Operation(route.Id, route.Summary, PathParameters(route.Pattern).Concat(route.Parameters.Select(p => Parameter(p.In, p.Name, p.Description))));
        if (route.Body.Count > 0)
            operation["requestBody"] = new JsonObject { ["content"] = Content(route.Body, JobSchemas.Reference(route.BodySchema), null) };
        var document = route.Document is { } type
            ? OpenApiSchemas.Add(schemas, JobSchemas.NameOf(type), Shapes.SchemaOf(PayloadKind.Json, type))
            : null;
        var answers = (JsonObject)operation["responses"]!;
        foreach (var (status, description) in route.Answers)
        {
            var answer = new JsonObject { ["description"] = description };
            if (status != StatusCodes.Status204NoContent)
                answer["content"] = Content(route.ContentTypes, document, null);
            answers[status.ToString(CultureInfo.InvariantCulture)] = answer;
        }

        return operation;
    }

    public static JsonObject Of(ServedFunction function, JsonObject schemas)
    {
        var prefer = Parameter("header", "Prefer", "respond-async or wait=N: run it as a durable job.");
        var operation = Operation("call." + function.Name, Summary(function), [.. Declared(function), prefer]);
        AddBody(operation, function.Name, function.Input, schemas);
        AddOutput(operation, function.Name, function.Output, schemas);
        ((JsonObject)operation["responses"]!)["202"] = new JsonObject { ["description"] = "The job; Location says where to follow it." };
        return operation;
    }

    public static JsonObject OfOwnRoute(ServedFunction function, JsonObject schemas)
    {
        var inPath = PathNames(function.Options.Route!).ToList();
        var members = function.Input.Kind == PayloadKind.Json && !HasBody(function)
            ? (function.Input.Schema?["properties"] as JsonObject ?? []).Select(p => p.Key).Where(p => !inPath.Contains(p)).Select(p => Parameter("query", p, "Member of the input."))
            : [];
        var operation = Operation(
            "route." + function.Name, Summary(function), [.. PathParameters(function.Options.Route!), .. members, .. Declared(function).Where(p => !inPath.Contains((string)p["name"]!))]);
        if (HasBody(function))
            AddBody(operation, function.Name, function.Input, schemas);
        AddOutput(operation, function.Name, function.Output, schemas);
        return operation;
    }

    public static JsonObject Of(ServedObject served, ObjectOperation called, JsonObject schemas)
    {
        // Names of functions have no capital letters.
        var name = $"Object.{served.Name}.{called.Name}";
        var summary = called.Description ?? $"Operation {called.Name} of object {served.Name}";
        var operation = Operation(name, summary, PathParameters(OperationDocument.PathOf(served, called)));
        AddBody(operation, name, called.Input, schemas);
        AddOutput(operation, name, called.Output, schemas);
        return operation;
    }

    private static bool HasBody(ServedFunction function) => function.Options.Method is "POST" or "PUT" or "PATCH";

    private static string Summary(ServedFunction function) => function.Options.Description ?? $"Function {function.Name}";

    private static JsonObject Operation(string id, string summary, IEnumerable<JsonObject> parameters) => new()
    {
        ["operationId"] = id,
        ["summary"] = summary,
        ["parameters"] = new JsonArray([.. parameters]),
        ["responses"] = new JsonObject
        {
            ["default"] = new JsonObject
            {
                ["description"] = "A problem.",
                ["content"] = new JsonObject
                {
                    ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/problem" } },
                    ["application/problem+xml"] = new JsonObject(),
                },
            },
        },
    };

    private static void AddBody(JsonObject operation, string name, PayloadShape input, JsonObject schemas)
    {
        if (input.Kind == PayloadKind.None)
            return;
        operation["requestBody"] = new JsonObject
        {
            ["required"] = true,
            ["content"] = Content(
                input.ContentTypes.Count == 0 ? ["*/*"] : input.ContentTypes, OpenApiSchemas.Add(schemas, name + ".input", input.Schema), input.Example),
        };
    }

    private static void AddOutput(JsonObject operation, string name, PayloadShape output, JsonObject schemas)
    {
        var answers = (JsonObject)operation["responses"]!;
        if (output.Kind == PayloadKind.None)
        {
            answers["204"] = new JsonObject { ["description"] = "It has run; there is no output." };
            return;
        }

        answers["200"] = new JsonObject
        {
            ["description"] = "The output.",
            ["content"] = Content(CallOutput.Offered(output), OpenApiSchemas.Add(schemas, name + ".output", output.Schema), null),
        };
    }

    private static JsonObject Content(IEnumerable<string> types, JsonNode? schema, JsonNode? example) => new(types.Select(type =>
    {
        var media = new JsonObject();
        if (schema is not null && type == MediaTypes.Json)
            media["schema"] = schema.DeepClone();
        if (example is not null && type is MediaTypes.Json or MediaTypes.Text)
            media["example"] = example?.DeepClone();
        return KeyValuePair.Create(type, (JsonNode?)media);
    }));

    private static IEnumerable<JsonObject> Declared(ServedFunction function) => function.Options.Parameters.Select(p =>
    {
        var parameter = Parameter("query", p.Name, p.Description ?? "");
        var schema = (JsonObject)parameter["schema"]!;
        if (p.Values is { } values)
            schema["enum"] = new JsonArray([.. values.Select(v => (JsonNode)v)]);
        if (p.Default is not null)
            schema["default"] = p.Default;
        return parameter;
    });

    private static IEnumerable<string> PathNames(string pattern) =>
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse(pattern).Parameters.Select(p => p.Name);

    private static IEnumerable<JsonObject> PathParameters(string pattern) => PathNames(pattern).Select(name => Parameter("path", name, ""));

    private static JsonObject Parameter(string place, string name, string description) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = place == "path",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };
}
