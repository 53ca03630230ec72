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
        if (registry.FindOffered(name) is not { } function)
            throw Problems.UnknownFunction(name, registry.Near(name)).ToException();
        if (function.IsExternal)
            throw Problems.RunOutside(name).ToException();
        var (values, invalid) = CallParameters.Read(function, parameters ?? new Dictionary<string, string>(StringComparer.Ordinal));
        if (invalid is not null)
            throw invalid.ToException();
        var read = PayloadInput.Read(input, function.Input);
        var cache = CallCache.For(function);
        var key = cache?.KeyOf(read, values);
        if (cache?.Find(key!) is { } cached)
            return new Payload(cached.ContentType, cached.Result);
        var output = await Answering.AskAsync(() => RunAsync(function, read, values, cancellationToken), Repeat.OnlyIfNotDone, clock, cancellationToken);
        if (!output.IsNone)
            cache?.Add(key!, output.Bytes.ToArray(), output.ContentType);
        return output;
    }

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
