using Hearth.Api.Http;
using Hearth.Api.Jobs;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;

namespace Hearth.Api.Calls;

/// <summary>
/// A call from request to answer: (1) find the function, (2) negotiate notations and parameters, (3) read the input, (4) take a slot,
/// (5) run, (6) answer. With <c>Prefer: respond-async</c> or <c>wait</c> step 3 leads to a job instead.
/// </summary>
internal sealed class CallEndpoint(FunctionRegistry registry, JobSubmission jobs, CallPlaces places)
{
    /// <summary>Serves <c>POST /v1/functions/{name}/call</c>.</summary>
    public Task HandleAsync(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        return registry.FindOffered(name) is { } function
            ? CallAsync(http, function, members: null)
            : ProblemWriter.WriteAsync(http, Problems.UnknownFunction(name, registry.Near(name)));
    }

    /// <summary>Serves a function, by its general route or (<paramref name="members"/>: route values and query) by its own.</summary>
    public async Task CallAsync(HttpContext http, ServedFunction function, IReadOnlyList<KeyValuePair<string, string>>? members)
    {
        var problem = await TryCallAsync(http, function, members);
        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async ValueTask<Problem?> TryCallAsync(HttpContext http, ServedFunction function, IReadOnlyList<KeyValuePair<string, string>>? members)
    {
        var request = http.Request;
        var prefer = Prefer.Read(request);
        if (function.IsExternal && !prefer.WantsJob)
            return Problems.RunOutside(function.Name);
        // A job is acknowledged whatever the caller takes: what it takes of the result is asked when the result is.
        if (CallOutput.Negotiate(request, function.Output) is not { } wanted)
        {
            if (!prefer.WantsJob)
                return Problems.NotAcceptable(CallOutput.Offered(function));
            wanted = "";
        }

        var hasBody = members is null || !HttpMethods.IsGet(request.Method) && !HttpMethods.IsDelete(request.Method);
        var (contentType, refused) = hasBody ? CallInput.Negotiate(request, function.Input) : (MediaTypes.Json, null);
        if (refused is not null)
            return refused;
        var (parameters, invalid) = Parameters(request, function, members);
        if (invalid is not null)
            return invalid;
        if (function.Input.Kind == PayloadKind.Stream && !prefer.WantsJob)
            return await StreamedCall.RunAsync(http, places, function, contentType, wanted, parameters);

        var (input, unreadable) = hasBody ? await CallInput.ReadAsync(request, function.Input, contentType) : (CallInput.None, null);
        if (unreadable is not null)
            return unreadable;
        if (members is not null && function.Input.Kind == PayloadKind.Json)
        {
            var unmerged = OwnRoute.TryMerge(members, function, input, out var merged);
            input.Return(request);
            if (unmerged is not null)
                return unmerged;
            input = merged;
        }

        return prefer.WantsJob
            ? await jobs.SubmitAsync(http, function, input, parameters, prefer)
            : await RunAsync(http, function, input, wanted, parameters);
    }

    private async ValueTask<Problem?> RunAsync(
        HttpContext http, ServedFunction function, CallInput input, string wanted, IReadOnlyDictionary<string, string> parameters)
    {
        var cache = CallCache.For(function);
        var cacheKey = cache?.KeyOf(input, parameters);
        if (cache?.Find(cacheKey!) is { } cached)
        {
            input.Return(http.Request);
            return await AnswerFromCacheAsync(http, cached, wanted);
        }

        var isHere = places.IsHere(function);
        if ((isHere ? function.Slots.TryTake() : null) is not { } run)
        {
            if (!isHere || places.HasOthers(function))
                return await RemoteCall.RunAsync(http, places, function, input, wanted, parameters, cache, cacheKey);
            input.Return(http.Request);
            function.Usage.Refused();
            return Problems.Busy(function);
        }

        try
        {
            var length = input.Body.Length;
            var refused = run.ReadInput(input.Body, input.ContentType, input.Lenient);
            input.Return(http.Request);
            if (refused is not null)
                return Problems.From(refused);
            var context = function.CreateContext(input.ContentType, parameters);
            var outcome = await run.StartAsync(context, function.Options.Timeout, http.RequestAborted);
            return outcome.End == RunEnd.Succeeded
                ? await AnswerAsync(http, run, context, wanted, length, cache, cacheKey)
                : Failed(function, outcome);
        }
        finally
        {
            run.Release();
        }
    }

    /// <summary>Sends the result of a run that succeeded and does not stream its output.</summary>
    internal static async ValueTask<Problem?> AnswerAsync(
        HttpContext http, FunctionRun run, FunctionContext context, string wanted, long inputLength, CallCache? cache, string? cacheKey)
    {
        var function = run.Function;
        if (function.Output.Kind == PayloadKind.None)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            function.Usage.Moved(inputLength, 0);
            return null;
        }

        using var result = ResultBuffer.Rent();
        if (run.TryWriteOutput(result) is { End: not RunEnd.Succeeded } unwritten)
            return Failed(function, unwritten);
        if (result.Length > function.Output.BytesMax)
            return Problems.OutputTooLarge(function);
        function.Usage.Moved(inputLength, result.Length);
        cache?.Add(cacheKey!, result.Written.ToArray(), context.ResultContentType);
        await CallOutput.SendAsync(http.Response, result.Written, context.ResultContentType, wanted);
        return null;
    }

    private static async ValueTask<Problem?> AnswerFromCacheAsync(HttpContext http, CachedResult cached, string wanted)
    {
        http.Response.Headers.Age = cached.AgeSeconds;
        await CallOutput.SendAsync(http.Response, cached.Result, cached.ContentType, wanted);
        return null;
    }

    internal static Problem Failed(ServedFunction function, RunOutcome outcome)
    {
        if (outcome.Error is { } error)
            FunctionLog.Failed(function.Logger, function.Name, error);
        return Problems.From(function, outcome);
    }

    private static (IReadOnlyDictionary<string, string> Values, Problem? Problem) Parameters(
        HttpRequest request, ServedFunction function, IReadOnlyList<KeyValuePair<string, string>>? members)
    {
        if (members is not null)
            return CallParameters.Read(function, OwnRoute.ParametersOf(members, function));
        return request.QueryString.HasValue || function.Options.Parameters.Count > 0
            ? CallParameters.Read(function, request.Query.SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v ?? ""))))
            : (System.Collections.Immutable.ImmutableDictionary<string, string>.Empty, null);
    }
}
