using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.Objects;

namespace Hearth.Api.Objects;

/// <summary>What is served (<c>GET /v1/objects</c>), and one object's state: <c>GET</c> and <c>DELETE /v1/objects/{name}/{key}</c>.</summary>
internal sealed class ObjectEndpoints(ObjectRegistry objects, IGrainFactory grains, TimeProvider clock)
{
    private static readonly string[] Offered = [MediaTypes.Json, MediaTypes.Xml];

    public async Task ListAsync(HttpContext http)
    {
        var document = new ObjectsDocument([.. objects.All.Select(served => ObjectDocument.From(served, http.Request))]);
        if (await Resource.WriteAsync(http, document, StatusCodes.Status200OK) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }

    public Task ShowAsync(HttpContext http) => ObjectRoute.AskAsync(http, objects, async (served, key) =>
    {
        if (Accept.Choose(http.Request, Offered) is not { } wanted)
            return Problems.NotAcceptable(Offered);
        if (await GrainCalls.RepeatAsync(() => served.Of(grains, key).ShowAsync(http.RequestAborted), clock) is not { } snapshot)
            return Problems.NoState(served.Name, key);
        http.Response.Headers.CacheControl = "no-store";
        await CallOutput.SendAsync(http.Response, snapshot.State, MediaTypes.Json, wanted);
        return null;
    });

    public Task DeleteAsync(HttpContext http) => ObjectRoute.AskAsync(http, objects, async (served, key) =>
    {
        if (!await GrainCalls.UntilTakenAsync(() => served.Of(grains, key).DeleteAsync(http.RequestAborted), clock, isRepeatable: false))
            return Problems.NoState(served.Name, key);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    });
}
