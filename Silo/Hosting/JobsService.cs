using Hearth.Jobs;

namespace Hearth.Hosting;

/// <summary>When the silo is told to stop, jobs stop at once, while calls may still end and the shards move away.</summary>
internal sealed class JobsService(JobPump pump) : IHostedLifecycleService
{
    private Task stopped = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        stopped = pump.StopAsync();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => stopped;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
