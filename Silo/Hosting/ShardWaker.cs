using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>
/// Grains begin when they are called: this calls the shards that live on this silo, at start and after every change of the cluster, so that their
/// open jobs run. One that fails is called again.
/// </summary>
internal sealed partial class ShardWaker(
    ShardDirectory directory, IClusterView cluster, TimeProvider clock, ILogger<ShardWaker> logger) : BackgroundService
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Until another silo knows of a change, or has lost its lease, it may begin a new shard that lives here by now. It ends it when it knows,
    /// and has no reason to call this one.
    /// </summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(6);

    private readonly SemaphoreSlim changed = new(1);

    public override void Dispose()
    {
        base.Dispose();
        changed.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        cluster.Changed += OnChanged;
        try
        {
            for (var hasChanged = false; ;)
            {
                hasChanged = await ChangesAsync(hasChanged ? LookAgain : Timeout.InfiniteTimeSpan, stoppingToken);
                while (!await WakeAllAsync(stoppingToken))
                    await Task.Delay(Again, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
        finally
        {
            cluster.Changed -= OnChanged;
        }
    }

    private void OnChanged()
    {
        if (changed.CurrentCount == 0)
            changed.Release();
    }

    /// <returns>False when there was no change within that time.</returns>
    private async Task<bool> ChangesAsync(TimeSpan within, CancellationToken stoppingToken)
    {
        using var timeUp = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, stoppingToken);
        try
        {
            await changed.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <returns>False when some have to be called again.</returns>
    private async Task<bool> WakeAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (shards, failed) = (await directory.ShardsAsync(null, cancellationToken), 0);
            await Parallel.ForEachAsync(
                shards.Where(shard => cluster.Current.HomeOf(shard.Key) == cluster.Self),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (shard, _) =>
                {
                    if (!await TryWakeAsync(shard))
                        Interlocked.Increment(ref failed);
                });
            return failed == 0;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotListed(logger, e);
            return false;
        }
    }

    private async Task<bool> TryWakeAsync(ShardRow shard)
    {
        try
        {
            await directory.Of(shard).WakeAsync();
            return true;
        }
        catch (Exception e)
        {
            LogNotWoken(logger, shard.Key, e);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} could not be woken; trying again")]
    private static partial void LogNotWoken(ILogger logger, string shard, Exception error);

    [LoggerMessage(LogLevel.Warning, "The shards could not be listed; trying again")]
    private static partial void LogNotListed(ILogger logger, Exception error);
}
