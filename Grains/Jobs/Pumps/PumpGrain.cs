using Hearth.Cluster;
using Orleans.Concurrency;

namespace Hearth.Jobs;

/// <summary>Hands what other silos say to this silo's pump.</summary>
[Reentrant]
[SiloPlacement]
internal sealed class PumpGrain(JobPump pump) : Grain, IPumpGrain
{
    public Task RingAsync(PumpRing[] rings)
    {
        foreach (var ring in rings)
            pump.Ring(ring.Shard, ring.Function, isRemote: true);
        return Task.CompletedTask;
    }

    public Task RingSuspectsAsync(string shard)
    {
        pump.RingSuspects(shard);
        return Task.CompletedTask;
    }

    public Task CancelAsync(string shard, JobId id)
    {
        pump.Cancel(shard, id);
        return Task.CompletedTask;
    }

    public Task<HeldAttempt[]> HeldOfAsync(string shard, long epoch) => Task.FromResult(pump.HeldOf(shard, epoch));
}
