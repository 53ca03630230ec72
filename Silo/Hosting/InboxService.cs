using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>Tells the shards that live here that something was submitted to them inside another transaction.</summary>
internal sealed partial class InboxService(IJobStore store, IClusterView cluster, IGrainFactory grains, TimeProvider clock, ILogger<InboxService> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var number in store.WatchInboxAsync(stoppingToken))
                {
                    if (await store.ShardKeyAsync(number, stoppingToken) is { } key && cluster.Current.HomeOf(key) == cluster.Self)
                        await grains.GetGrain<IShardGrain>(key).ReadInboxAsync();
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogInterrupted(logger, e);
                await Task.Delay(Again, clock, stoppingToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The inbox could not be watched; trying again")]
    private static partial void LogInterrupted(ILogger logger, Exception error);
}
