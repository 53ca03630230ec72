using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Api.Calls;
using Hearth.Client;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.InProcess;
using Orleans.Runtime;

namespace Hearth.Functions.BuiltIn;

/// <param name="Function">A function with <see cref="FunctionOptions.CacheFor"/>.</param>
/// <param name="Inputs">1 to 1,000: what calls will ask it, as JSON; of a function that takes text, as texts.</param>
/// <param name="Parameters">The calls' query parameters.</param>
public sealed record FillCacheInput(string Function, IReadOnlyList<JsonNode?> Inputs, Dictionary<string, string>? Parameters = null);

/// <param name="Filled">Answers computed.</param>
/// <param name="Silos">Silos that keep the last of them.</param>
public sealed record FillCacheOutput(int Filled, int Silos);

/// <summary>
/// Fills the caches of all silos that take calls: (1) each input is computed once, by whichever silo serves the function; (2) the answer goes to every
/// silo. A schedule that submits it before the peak keeps calls from computing in it.
/// </summary>
/// <param name="services">What it needs of them is made of the functions, and so not there yet when this one is made.</param>
internal sealed class FillCacheFunction(IServiceProvider services) : IFunction<FillCacheInput, FillCacheOutput>
{
    private const int InputsMax = 1_000;

    private FunctionRegistry Registry => services.GetRequiredService<FunctionRegistry>();

    public async Task<FillCacheOutput> RunAsync(FillCacheInput input, FunctionContext context, CancellationToken cancellationToken)
    {
        var function = Check(input);
        var silos = 0;
        for (var i = 0; i < input.Inputs.Count; i++)
        {
            var answer = await ComputeAsync(function, input, i, cancellationToken);
            silos = answer is null ? 0 : await SpreadAsync(answer);
            context.Progress((i + 1.0) / input.Inputs.Count);
        }

        return new FillCacheOutput(input.Inputs.Count, silos);
    }

    private ServedFunction Check(FillCacheInput input)
    {
        if (input.Inputs is not { Count: > 0 and <= InputsMax })
            throw Mistake($"inputs: 1 to {InputsMax} inputs are filled at once, and these are {input.Inputs?.Count ?? 0}.");
        if (Registry.FindOffered(input.Function) is not { } function)
            throw Mistake($"function: there is no function '{input.Function}'{(Registry.Near(input.Function) is [var near, ..] ? $"; did you mean {near}?" : ".")}");
        if (CallCache.For(function) is null)
            throw Mistake($"function: '{function.Name}' is not cacheable; its option cacheFor would make it so.");
        return function.Input.Kind is PayloadKind.Json or PayloadKind.Text or PayloadKind.None
            ? function
            : throw Mistake($"function: '{function.Name}' takes bytes, which cannot be given as inputs here.");
    }

    /// <summary>Another attempt would not help.</summary>
    private static FunctionOutcomeException Mistake(string message) => JobOutcome.FailForGood(message);

    private async Task<CachedAnswer?> ComputeAsync(ServedFunction function, FillCacheInput input, int index, CancellationToken cancellationToken)
    {
        try
        {
            return await services.GetRequiredService<InProcessCalls>().ComputeAsync(function.Name, Of(function, input.Inputs[index]), input.Parameters, cancellationToken);
        }
        catch (HearthException e)
        {
            throw e.Problem.Status is >= 400 and < 500 and not 429 ? Mistake($"inputs[{index}]: {e.Message}") : new FunctionException($"inputs[{index}]: {e.Message}", e);
        }
    }

    private static Payload Of(ServedFunction function, JsonNode? input) => function.Input.Kind switch
    {
        PayloadKind.None => Payload.None,
        PayloadKind.Text when input?.GetValueKind() == JsonValueKind.String => Payload.OfText(input.GetValue<string>()),
        _ => Payload.OfJson(input?.ToJsonString() ?? "null"),
    };

    /// <returns>How many have it: one that is just starting, or gone, computes for itself.</returns>
    private async Task<int> SpreadAsync(CachedAnswer answer)
    {
        var grains = services.GetRequiredService<IGrainFactory>();
        var kept = await Task.WhenAll(services.GetRequiredService<IClusterView>().Current.Silos.Where(silo => silo.Roles.HasFlag(SiloRoles.Frontend)).Select(async silo =>
        {
            try
            {
                return await grains.GetGrain<ICallCacheGrain>(silo.Id).KeepAsync(answer);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                return false;
            }
        }));
        return kept.Count(has => has);
    }
}
