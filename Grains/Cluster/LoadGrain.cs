using Orleans.Concurrency;

namespace Hearth.Cluster;

/// <inheritdoc cref="ILoadGrain"/>
[Reentrant]
[SiloPlacement]
internal sealed class LoadGrain(ProcessorMeter meter) : Grain, ILoadGrain
{
    public Task<int?> ReadAsync() => Task.FromResult(meter.Percent);
}
