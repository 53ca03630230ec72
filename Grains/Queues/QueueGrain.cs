using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Objects;
using Hearth.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Queues;

/// <summary>
/// Changes a queue's definition: (1) what is stored is read and compared with what the caller expects, (2) the new one is stored under the etag that
/// was read, so that several of these grains do no harm, (3) silos and shards are told; whoever is missed finds out by itself.
/// </summary>
[GrainType(TypeName)]
internal sealed partial class QueueGrain(
    [PersistentState(QueueGrain.StateName)] IPersistentState<QueueState> state, QueueCatalogue catalogue, IJobStore jobs, IClusterView cluster,
    TimeProvider clock, ILogger<QueueGrain> logger) : Grain, IQueueGrain
{
    public const string TypeName = "queue";
    public const string StateName = "definition";

    /// <summary>The etag of nothing.</summary>
    private const string NothingStored = "0";

    /// <summary>How long a change waits for those who are told.</summary>
    private static readonly TimeSpan TellMax = TimeSpan.FromSeconds(5);

    private string Queue => this.GetPrimaryKeyString();

    public async Task<QueueView> ShowAsync()
    {
        await ReadAsync();
        return await ViewAsync();
    }

    public Task<QueueChange> PutAsync(QueueDefinition definition, QueueCondition condition) =>
        ChangeAsync(condition, _ => definition, definition.Pool, definition.Shards);

    public async Task<QueueChange> DeleteAsync(QueueCondition condition)
    {
        await ReadAsync();
        var given = catalogue.Given(Queue);
        // A queue that nobody has laid out stays in the pool in which it was made.
        var pool = state.State.Generations.Count > 0 ? given.Pool : (await PoolAsync()).Pool;
        return await ChangeAsync(condition, _ => null, pool, given.Shards);
    }

    public async Task LayOutAsync()
    {
        await ReadAsync();
        if (state.State.Generations.Count > 0)
            return;
        var given = catalogue.Given(Queue);
        await ChangeAsync(new QueueCondition([ETag]), now => now.Definition, (await PoolAsync()).Pool, given.Shards);
    }

    private string ETag => state.RecordExists ? state.Etag! : NothingStored;

    private async Task<QueueChange> ChangeAsync(QueueCondition condition, Func<QueueState, QueueDefinition?> change, string pool, int shards)
    {
        await ReadAsync();
        var (before, wasStored) = (state.State, state.State.Definition is not null);
        if (condition.ETags?.Contains(ETag, StringComparer.Ordinal) == false || (condition.Exists is { } exists && exists != wasStored))
            return new QueueChange(QueueChangeOutcome.Refused, await ViewAsync());
        var definition = change(before);
        // Nothing is stored, and nothing is to be.
        if (definition is null && !wasStored && !state.RecordExists && shards == 1)
            return new QueueChange(QueueChangeOutcome.Changed, await ViewAsync());
        var (generations, refused) = await ResizeAsync(before.Generations, pool, shards);
        if (generations is null)
            return new QueueChange(refused, await ViewAsync());
        if (!await TryStoreAsync(new QueueState { Definition = definition, Generations = generations }))
            return new QueueChange(QueueChangeOutcome.Refused, await ViewAsync());
        await TellAsync();
        return new QueueChange(wasStored || definition is null ? QueueChangeOutcome.Changed : QueueChangeOutcome.Created, await ViewAsync());
    }

    /// <returns>Null with the reason when it cannot be.</returns>
    private async Task<(IReadOnlyList<QueueGeneration>? Generations, QueueChangeOutcome Refused)> ResizeAsync(
        IReadOnlyList<QueueGeneration> before, string pool, int shards)
    {
        var (first, known) = await PoolAsync();
        IReadOnlyList<QueueGeneration> from = before.Count > 0 ? before : [new QueueGeneration(first, 0, 1)];
        if (QueueLayout.Resize(from, pool, shards, jobs.Now) is not { } after)
            return (null, QueueChangeOutcome.TooManyGenerations);
        // As nobody had to lay it out so far, nobody has to now.
        if (ReferenceEquals(after, from))
            return (before, default);
        return known + shards > JobLimits.ShardsMax ? (null, QueueChangeOutcome.TooManyShards) : (after, default);
    }

    /// <summary>The pool that the queue is in while nothing is laid out: that of its shard, else what code and configuration say; and how many shards there are.</summary>
    private async Task<(string Pool, int Shards)> PoolAsync()
    {
        var all = await jobs.ShardsAsync(CancellationToken.None);
        return (all.FirstOrDefault(shard => ShardKey.QueueOf(shard.Key) == Queue) is { } own ? ShardKey.PoolOf(own.Key) : catalogue.Given(Queue).Pool, all.Count);
    }

    private async Task<QueueView> ViewAsync()
    {
        var definition = catalogue.Effective(Queue, state.State);
        if (state.State.Generations.Count == 0)
            definition = definition with { Pool = (await PoolAsync()).Pool, Shards = 1 };
        return new QueueView(definition, state.State.Definition is not null, ETag);
    }

    /// <summary>Tells all silos, then the queue's shards: once that is answered, nothing goes by the old definition where there is somebody to ask.</summary>
    private async Task TellAsync()
    {
        await TellAsync("this silo", catalogue.RefreshAsync);
        await Task.WhenAll(cluster.Current.Silos.Where(silo => silo.Id != cluster.Self)
            .Select(silo => TellAsync("silo " + silo.Name, () => GrainFactory.GetGrain<IQueueWatchGrain>(silo.Id).RefreshAsync())));
        var shards = (await jobs.ShardsAsync(CancellationToken.None)).Where(shard => ShardKey.QueueOf(shard.Key) == Queue && cluster.Current.HasHome(shard.Key));
        await Task.WhenAll(shards.Select(shard => TellAsync("shard " + shard.Key, () => GrainFactory.GetGrain<IShardGrain>(shard.Key).ReconfigureAsync())));
    }

    private async Task TellAsync(string whom, Func<Task> tell)
    {
        try
        {
            await tell().WaitAsync(TellMax, clock);
        }
        catch (Exception e)
        {
            LogNotTold(logger, whom, Queue, e.Message);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await state.ReadStateAsync();
        }
        catch (Exception e)
        {
            StoreTrouble.Rethrow(e);
            throw;
        }
    }

    /// <returns>False when another was first; then what it has stored is at hand.</returns>
    private async Task<bool> TryStoreAsync(QueueState next)
    {
        state.State = next;
        try
        {
            await state.WriteStateAsync();
            return true;
        }
        catch (InconsistentStateException)
        {
            await ReadAsync();
            return false;
        }
        catch (Exception e)
        {
            StoreTrouble.Rethrow(e);
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Whom} could not be told of the change of queue '{Queue}', and finds out by itself: {Why}")]
    private static partial void LogNotTold(ILogger logger, string whom, string queue, string why);
}

/// <summary>Lets other silos tell this one's catalogue that there is something new.</summary>
[SiloPlacement]
internal sealed class QueueWatchGrain(QueueCatalogue catalogue) : Grain, IQueueWatchGrain
{
    public Task RefreshAsync() => catalogue.RefreshAsync();
}
