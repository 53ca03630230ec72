using System.Text;
using System.Text.Json.Nodes;
using Hearth.Api.Calls;
using Hearth.Api.Objects;
using Hearth.Functions;
using Hearth.Objects;

namespace Hearth.Api.OpenApi;

/// <summary>Serves OpenAPI 3.1 of what is served now: the table of routes, and every function and every object with its schemas.</summary>
internal sealed class OpenApiEndpoint(ApiRoutes routes, FunctionRegistry registry, ObjectRegistry objects)
{
    public Task ServeAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(Document().ToJsonString(), Encoding.UTF8, http.RequestAborted);
    }

    private JsonObject Document()
    {
        var schemas = new JsonObject { ["problem"] = Problem() };
        JobSchemas.AddTo(schemas);
        QueueSchemas.AddTo(schemas);
        WorkerSchemas.AddTo(schemas);
        BulkSchemas.AddTo(schemas);
        ScheduleSchemas.AddTo(schemas);
        var paths = new JsonObject();
        foreach (var route in routes.All)
            Add(paths, route.Pattern, route.Method, OpenApiOperations.Of(route, schemas));
        foreach (var function in registry.Offered.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            Add(paths, $"/v1/functions/{function.Name}/call", "POST", OpenApiOperations.Of(function, schemas));
            if (function.Options.Route is { } own)
                Add(paths, OwnRoute.PathOf(own), function.Options.Method, OpenApiOperations.OfOwnRoute(function, schemas));
        }

        foreach (var served in objects.All)
        {
            foreach (var operation in served.Operations.Values.OrderBy(o => o.Name, StringComparer.Ordinal))
                Add(paths, OperationDocument.PathOf(served, operation), "POST", OpenApiOperations.Of(served, operation, schemas));
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Hearth",
                ["version"] = typeof(OpenApiEndpoint).Assembly.GetName().Version!.ToString(3),
                ["description"] = "Functions as calls and as durable jobs, objects with a state. XML is the JSON document under one mapping (docs/reference/xml.md).",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject { ["adminKey"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["adminKey"] = new JsonArray() }),
        };
    }

    private static void Add(JsonObject paths, string pattern, string method, JsonObject operation)
    {
        if (paths[pattern] is not JsonObject path)
            paths[pattern] = path = [];
        path[method.ToLowerInvariant()] = operation;
    }

    private static JsonObject Problem() => new()
    {
        ["type"] = "object",
        ["description"] = "RFC 9457.",
        ["required"] = new JsonArray("type", "title", "status"),
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["type"] = "string" },
            ["title"] = new JsonObject { ["type"] = "string" },
            ["status"] = new JsonObject { ["type"] = "integer" },
            ["detail"] = new JsonObject { ["type"] = "string" },
            ["field"] = new JsonObject { ["type"] = "string" },
            ["choices"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            ["queue"] = new JsonObject { ["type"] = "string", ["description"] = "Of queue-full: the queue." },
            ["depth"] = new JsonObject { ["type"] = "integer", ["description"] = "Of queue-full: its open jobs." },
            ["depthMax"] = new JsonObject { ["type"] = "integer", ["description"] = "Of queue-full: as many as it takes." },
            ["traceId"] = new JsonObject { ["type"] = "string" },
        },
    };
}
