using System.Buffers;
using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Objects.Operations;

namespace Hearth.Api.Objects;

/// <summary>
/// <c>POST /v1/objects/{name}/{key}/{operation}</c>: (1) find the operation, (2) negotiate notations, (3) read the input, (4) ask the object,
/// which decodes the input, runs and stores, (5) answer.
/// </summary>
internal sealed class ObjectCallEndpoint(ObjectRegistry objects, IGrainFactory grains, TimeProvider clock)
{
    public Task HandleAsync(HttpContext http) => ObjectRoute.AskAsync(http, objects, (served, key) => CallAsync(http, served, key));

    private async Task<Problem?> CallAsync(HttpContext http, ServedObject served, string key)
    {
        var request = http.Request;
        var name = (string)request.RouteValues["operation"]!;
        if (!served.Operations.TryGetValue(name, out var operation))
            return Problems.UnknownOperation(served, name);
        if (request.Headers.ContainsKey("Idempotency-Key"))
            return Problems.KeyOfOperation;
        if (request.Query.Count > 0)
            return Problems.InvalidInput("An operation has no query parameters: send all as its input.", Problems.Shown(request.Query.First().Key));
        if (CallOutput.Negotiate(request, operation.Output) is not { } wanted)
            return Problems.NotAcceptable(CallOutput.Offered(operation.Output));
        var (contentType, refused) = CallInput.Negotiate(request, operation.Input);
        if (refused is not null)
            return refused;
        var (input, unreadable) = await CallInput.ReadAsync(request, operation.Input, contentType);
        if (unreadable is not null)
            return unreadable;
        var call = new ObjectCall(name, input.ContentType, input.Body.ToArray(), input.Lenient);
        input.Return(request);
        return await AskAsync(http, served, key, operation, call, wanted);
    }

    private async Task<Problem?> AskAsync(HttpContext http, ServedObject served, string key, ObjectOperation operation, ObjectCall call, string wanted)
    {
        var grain = served.Of(grains, key);
        var answer = await GrainCalls.UntilTakenAsync(
            () => operation.IsRead ? grain.ReadAsync(call, http.RequestAborted) : grain.RunAsync(call, http.RequestAborted), clock, operation.IsRead);
        if (answer.End != ObjectEnd.Succeeded)
            return Problems.From(served, call, answer);
        http.Response.Headers.CacheControl = "no-store";
        if (answer.ContentType is null || operation.Output.Kind == PayloadKind.None)
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await CallOutput.SendAsync(http.Response, answer.Output, answer.ContentType, wanted);
        return null;
    }
}
