using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>Wakes the shards, whose open jobs then run. When the silo is told to stop, jobs stop at once, while calls may still end.</summary>
internal sealed class JobsService(JobPump pump, IJobStore store, IGrainFactory grains) : IHostedLifecycleService
{
    private Task stopped = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => WakeAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        stopped = pump.StopAsync();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => stopped;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in await store.ShardsAsync(cancellationToken))
            await grains.GetGrain<IShardGrain>(shard.Key).WakeAsync();
    }
}
