using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>Lets the store make room ahead and forget what is old: at start and every 10 minutes.</summary>
internal sealed partial class MaintenanceService(IJobStore store, RetentionRules retention, TimeProvider clock, ILogger<MaintenanceService> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await store.MaintainAsync(retention.Of(await store.ShardsAsync(stoppingToken)), stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e);
            }

            await Task.Delay(Every, clock, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The store's upkeep failed; it is tried again in ten minutes")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
