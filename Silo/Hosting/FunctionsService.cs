using Hearth.Functions.Runs;

namespace Hearth.Hosting;

/// <summary>Starts what looks after functions: the watch over runs, and the watched folder of manifests.</summary>
internal sealed class FunctionsService(RunWatch watch, ManifestFunctions manifests) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        watch.Start();
        manifests.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        manifests.Stop();
        watch.Dispose();
        return Task.CompletedTask;
    }
}
