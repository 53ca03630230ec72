using System.Buffers;
using Hearth.Api.Http;
using Hearth.Functions;

namespace Hearth.Api.Calls;

/// <summary>A call that another silo runs: its input and its result travel whole.</summary>
internal static class RemoteCall
{
    public static async ValueTask<Problem?> RunAsync(
        HttpContext http, CallPlaces places, ServedFunction function, CallInput input, string wanted,
        IReadOnlyDictionary<string, string> parameters, CallCache? cache = null, string? cacheKey = null)
    {
        var bytes = input.Body.Length > ComputeCall.BytesMax ? null : input.Body.ToArray();
        input.Return(http.Request);
        if (bytes is null)
            return TooLarge(places, function);
        var (result, problem) = await places.CallAsync(function, new ComputeCall(bytes, input.ContentType, input.Lenient, parameters), http.RequestAborted);
        if (problem is not null)
            return problem;
        if (result!.End != ComputeEnd.Succeeded)
            return Problems.From(function, result);
        if (result.ContentType is not { } contentType)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        }

        cache?.Add(cacheKey!, result.Output.ToArray(), contentType);
        await CallOutput.SendAsync(http.Response, result.Output, contentType, wanted);
        return null;
    }

    /// <summary>For a function whose input streams: it is read first, no further than it can be sent.</summary>
    public static async ValueTask<Problem?> RunAsync(
        HttpContext http, CallPlaces places, ServedFunction function, string contentType, string wanted, IReadOnlyDictionary<string, string> parameters)
    {
        var bytesMax = Math.Min(function.Input.BytesMax, ComputeCall.BytesMax);
        if (http.Request.ContentLength > bytesMax)
            return TooLarge(places, function);
        var (input, unreadable) = await CallInput.ReadAsync(http.Request, function.Input with { BytesMax = bytesMax }, contentType);
        if (unreadable is { Status: StatusCodes.Status413PayloadTooLarge } && bytesMax < function.Input.BytesMax)
            return TooLarge(places, function);
        return unreadable ?? await RunAsync(http, places, function, input, wanted, parameters);
    }

    /// <summary>Too large for other silos. Where it may run here, it may later.</summary>
    private static Problem TooLarge(CallPlaces places, ServedFunction function) =>
        places.IsHere(function) ? Problems.Busy(function) : Problems.TooLargeElsewhere(function.Name);
}
