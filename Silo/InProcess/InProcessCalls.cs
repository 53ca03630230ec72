using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Cluster;
using Hearth.Functions;

namespace Hearth.InProcess;

/// <summary>Calls: on this silo where it may and has room, else on another. Inputs and outputs are whole, so at most 32 MiB.</summary>
internal sealed class InProcessCalls(FunctionRegistry registry, CallPlaces places, IClusterView cluster, IGrainFactory grains, TimeProvider clock)
{
    public async Task<Payload> CallAsync(string name, Payload input, IReadOnlyDictionary<string, string>? parameters, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (function, read, values) = Prepare(name, input, parameters);
        var cache = CallCache.For(function);
        var key = cache?.KeyOf(read, values);
        if (cache?.Find(key!) is { } cached)
            return new Payload(cached.ContentType, cached.Result);
        var output = await AskAsync(function, read, values, cancellationToken);
        if (!output.IsNone)
            cache?.Add(key!, output.Bytes.ToArray(), output.ContentType);
        return output;
    }

    /// <summary>Computes anew what calls of a cacheable function are answered with.</summary>
    /// <returns>Null where there is no answer to keep.</returns>
    public async Task<CachedAnswer?> ComputeAsync(string name, Payload input, IReadOnlyDictionary<string, string>? parameters, CancellationToken cancellationToken)
    {
        var (function, read, values) = Prepare(name, input, parameters);
        var key = CallCache.For(function)?.KeyOf(read, values);
        var output = await AskAsync(function, read, values, cancellationToken);
        return key is null || output.IsNone ? null : new CachedAnswer(function.Name, key, output.ContentType, output.Bytes);
    }

    private (ServedFunction Function, CallInput Input, IReadOnlyDictionary<string, string> Parameters) Prepare(
        string name, Payload input, IReadOnlyDictionary<string, string>? parameters)
    {
        if (registry.FindOffered(name) is not { } function)
            throw Problems.UnknownFunction(name, registry.Near(name)).ToException();
        if (function.IsExternal)
            throw Problems.RunOutside(name).ToException();
        var (values, invalid) = CallParameters.Read(function, parameters ?? new Dictionary<string, string>(StringComparer.Ordinal));
        return invalid is null ? (function, PayloadInput.Read(input, function.Input), values) : throw invalid.ToException();
    }

    private Task<Payload> AskAsync(ServedFunction function, CallInput input, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        Answering.AskAsync(() => RunAsync(function, input, parameters, cancellationToken), Repeat.OnlyIfNotDone, clock, cancellationToken);

    private async Task<Payload> RunAsync(ServedFunction function, CallInput input, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        if (input.Body.Length > ComputeCall.BytesMax)
            throw Problems.TooLarge(ComputeCall.BytesMax).ToException();
        var call = new ComputeCall(input.Body.IsSingleSegment ? input.Body.First : default, input.ContentType, input.Lenient, parameters);
        var result = places.IsHere(function)
            ? await grains.GetGrain<IComputeGrain>($"{cluster.Self}/{function.Name}").CallAsync(call, cancellationToken)
            : new ComputeResult(ComputeEnd.Busy);
        Problem? problem = null;
        if (result.End == ComputeEnd.Busy)
            (result, problem) = places.HasOthers(function) || !places.IsHere(function) ? await places.CallAsync(function, call, cancellationToken) : (null, Problems.Busy(function));
        cancellationToken.ThrowIfCancellationRequested();
        if (problem is not null)
            throw problem.ToException();
        return result!.End == ComputeEnd.Succeeded
            ? result.ContentType is { } type ? new Payload(type, result.Output) : Payload.None
            : throw Problems.From(function, result).ToException();
    }
}
