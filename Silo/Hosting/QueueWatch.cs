using Hearth.Queues;

namespace Hearth.Hosting;

/// <summary>Looks whether a definition has changed that this silo was not told of: every 3 s, where others share the store.</summary>
internal sealed partial class QueueWatch(QueueCatalogue catalogue, SiloStore store, TimeProvider clock, ILogger<QueueWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One that is alone has told itself.
        while (store.Silos is not null)
        {
            await Task.Delay(Every, clock, stoppingToken);
            try
            {
                await catalogue.RefreshAsync();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotRead(logger, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The queues' definitions could not be read; what is known counts, and they are read again soon: {Why}")]
    private static partial void LogNotRead(ILogger logger, string why);
}
