using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Hosting;

namespace Hearth.Api.Functions;

/// <summary>What is served: <c>GET /v1/functions</c> and <c>GET /v1/functions/{name}</c>.</summary>
internal sealed class FunctionEndpoints(FunctionRegistry registry, ManifestFunctions manifests)
{
    public Task ListAsync(HttpContext http) => WriteAsync(http, new FunctionsDocument(
        [.. registry.Offered.OrderBy(f => f.Name, StringComparer.Ordinal).Select(FunctionDocument.From)], manifests.Mistakes));

    public Task ShowAsync(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        return registry.FindOffered(name) is { } function
            ? WriteAsync(http, FunctionDocument.From(function))
            : ProblemWriter.WriteAsync(http, Problems.UnknownFunction(name, registry.Near(name)));
    }

    private static async Task WriteAsync<T>(HttpContext http, T document)
    {
        if (await Resource.WriteAsync(http, document, StatusCodes.Status200OK) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }
}
