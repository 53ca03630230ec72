using System.Globalization;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Hearth.Tests.Api.OpenApi;

/// <summary>The document says exactly what is served.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_parses_without_a_complaint_and_is_3_1()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddBuiltInFunctions());
        var read = await DocumentAsync(app);
        Assert.Empty(read.Diagnostic!.Errors.Select(e => e.ToString()));
        Assert.Empty(read.Diagnostic.Warnings.Select(e => e.ToString()));
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        var ids = Operations(read.Document!).Select(o => o.Operation.OperationId).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task What_is_documented_is_served_and_what_is_served_is_documented()
    {
        await using var app = await StartedApplication.StartAsync(AddOddRoutes);
        var documented = Operations((await DocumentAsync(app)).Document!).Select(o => (o.Method, Path: Generalise(o.Path))).ToHashSet();
        var served = app.Web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(m => (Method: m, Path: Plain(e))))
            .Where(route => !route.Path.StartsWith("/dashboard", StringComparison.Ordinal)) // Orleans' own pages
            .ToHashSet();
        Assert.Contains(("GET", "/primes/{upTo}"), served);
        Assert.Contains(("GET", "/odd/{value}"), served);
        Assert.Equal(served.Order(), documented.Order());
    }

    [Fact]
    public async Task Every_function_is_documented_by_a_path_of_its_own()
    {
        await using var app = await StartedApplication.StartAsync(AddOddRoutes);
        var served = (await app.Http.FetchAsync("/v1/functions")).Json.GetProperty("functions").EnumerateArray().Select(f => f.GetProperty("call").GetString()!);
        var documented = (await app.Http.FetchAsync("/openapi/v1.json")).Json.GetProperty("paths").EnumerateObject().Select(p => p.Name);
        Assert.Empty(served.Except(documented, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_documented_path_parameter_is_in_its_path_and_the_other_way_round()
    {
        await using var app = await StartedApplication.StartAsync(AddOddRoutes);
        foreach (var (_, path, operation) in Operations((await DocumentAsync(app)).Document!))
        {
            var inPath = path.Split('{').Skip(1).Select(p => p.Split('}')[0]).Order();
            Assert.Equal(inPath, (operation.Parameters ?? []).Where(p => p.In == ParameterLocation.Path).Select(p => p.Name!).Order());
        }
    }

    [Fact]
    public async Task Every_documented_GET_is_served_and_every_function_takes_its_documented_example()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddBuiltInFunctions());
        foreach (var (method, path, operation) in Operations((await DocumentAsync(app)).Document!))
        {
            if (method == "GET")
            {
                var answer = await app.Http.FetchAsync(path.Replace("objects/{name}", "objects/counter", StringComparison.Ordinal).Replace("{name}", "echo", StringComparison.Ordinal).Replace("{upTo}", "10", StringComparison.Ordinal));
                Assert.True(answer.Status == 200 || (path.Contains("{id}", StringComparison.Ordinal) && answer.Text.Contains("unknown-job", StringComparison.Ordinal))
                    || (path.Contains("{queue}", StringComparison.Ordinal) && answer.Text.Contains("unknown-queue", StringComparison.Ordinal))
                    || (path.Contains("{silo}", StringComparison.Ordinal) && answer.Text.Contains("unknown-silo", StringComparison.Ordinal))
                    || (path.StartsWith("/v1/schedules/", StringComparison.Ordinal) && answer.Text.Contains("unknown-schedule", StringComparison.Ordinal))
                    || (path.Contains("{key}", StringComparison.Ordinal) && answer.Text.Contains("no-state", StringComparison.Ordinal)), $"{path}: {answer.Status}");
                continue;
            }

            if (operation.RequestBody?.Content is not { } content || !content.TryGetValue("application/json", out var json) || json.Example is not { } example)
                continue;
            var status = (await app.Http.AskAsync(method, path, System.Text.Encoding.UTF8.GetBytes(example.ToJsonString()), "application/json")).Status;
            Assert.True(operation.Responses!.ContainsKey(status.ToString(CultureInfo.InvariantCulture)) || path.EndsWith("/fail/call", StringComparison.Ordinal), $"{path}: {status}");
        }
    }

    [Fact]
    public async Task The_documented_members_of_a_job_are_those_that_are_read()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddBuiltInFunctions());
        var job = (await app.Http.FetchAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas").GetProperty("jobs.job").GetProperty("properties");
        Assert.Equal(JobMembers.Known.Order(), Names(job).Order());
        Assert.Equal(JobMembers.Retry.Order(), Names(job.GetProperty("retry").GetProperty("properties")).Order());
        Assert.Equal(JobMembers.Unique.Order(), Names(job.GetProperty("unique").GetProperty("properties")).Order());

        static IEnumerable<string> Names(System.Text.Json.JsonElement properties) => properties.EnumerateObject().Select(p => p.Name);
    }

    [Fact]
    public async Task A_recursive_type_is_described_with_references_that_lead_somewhere()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddFunction("tree", (Tree tree) => tree));
        var read = await DocumentAsync(app);
        Assert.Empty(read.Diagnostic!.Errors.Select(e => e.ToString()));
        var document = (await app.Http.FetchAsync("/openapi/v1.json")).Json;
        foreach (var reference in References(document))
        {
            var target = document;
            foreach (var step in reference[2..].Split('/'))
                target = target.GetProperty(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }
    }

    internal static List<(string Method, string Path, OpenApiOperation Operation)> Operations(OpenApiDocument document) =>
        [.. document.Paths.SelectMany(p => p.Value.Operations!.Select(o => (o.Key.Method, p.Key, o.Value)))];

    private static void AddOddRoutes(HearthApplicationBuilder builder)
    {
        builder.AddBuiltInFunctions();
        builder.AddFunction("odd", (Odd odd) => odd.Value, o => (o.Route, o.Method) = ("/odd/{value:int}", "GET"));
        builder.AddFunction("defaulted", (Odd odd) => odd.Value, o => (o.Route, o.Method) = ("/defaulted/{value=3}", "DELETE"));
        builder.AddFunction("put-it", (Odd odd) => odd.Value, o => (o.Route, o.Method) = ("/odd/{value:int}", "PUT"));
    }

    private static async Task<ReadResult> DocumentAsync(StartedApplication app)
    {
        using var json = new MemoryStream((await app.Http.FetchAsync("/openapi/v1.json")).Is(200).Body);
        return await OpenApiDocument.LoadAsync(json, "json");
    }

    /// <summary>The path of one function's calls is an instance of the route of all functions' calls; so is that of an operation.</summary>
    private static string Generalise(string path) => path.Split('/') switch
    {
        ["", "v1", "functions", _, "call"] => "/v1/functions/{name}/call",
        ["", "v1", "objects", _, "{key}", _] => "/v1/objects/{name}/{key}/{operation}",
        _ => path,
    };

    private static string Plain(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => throw new InvalidOperationException(p.ToString()),
    }))));

    private static IEnumerable<string> References(System.Text.Json.JsonElement node) => node.ValueKind switch
    {
        System.Text.Json.JsonValueKind.Object => node.EnumerateObject().SelectMany(m =>
            m is { Name: "$ref", Value.ValueKind: System.Text.Json.JsonValueKind.String } ? [m.Value.GetString()!] : References(m.Value)),
        System.Text.Json.JsonValueKind.Array => node.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private sealed record Odd(int Value);

    private sealed record Tree(string Name, IReadOnlyList<Tree> Children);
}
