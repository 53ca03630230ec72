using Hearth.Cluster;
using Orleans.Concurrency;

namespace Hearth.Functions;

/// <summary>Takes answers for the silo whose id it is called by.</summary>
[Reentrant]
[SiloPlacement]
internal sealed class CallCacheGrain(FunctionRegistry registry, ICallCaches caches) : Grain, ICallCacheGrain
{
    public Task<bool> KeepAsync(CachedAnswer answer) => Task.FromResult(registry.FindOffered(answer.Function) is { } function && caches.TryKeep(function, answer));
}

/// <summary>The answers that this silo keeps.</summary>
internal interface ICallCaches
{
    /// <returns>Whether the function is cacheable.</returns>
    bool TryKeep(ServedFunction function, CachedAnswer answer);
}
