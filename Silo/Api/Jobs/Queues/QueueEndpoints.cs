using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The queues and what waits in them: <c>GET /v1/queues</c> and <c>GET /v1/queues/{queue}</c>.</summary>
internal sealed class QueueEndpoints(
    ShardDirectory shards, QueueCatalogue catalogue, QueueDefinitions definitions, IClusterView cluster, JobsOptions options, TimeProvider clock)
{
    /// <summary>Shards that are asked at once.</summary>
    private const int ShardsAtOnce = 64;

    private static readonly TimeSpan RecoveryMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromMilliseconds(20);

    public Task ListAsync(HttpContext http) => QueueRoute.AnswerAsync(http, async () =>
        await Resource.WriteAsync(http, new QueuesDocument(await ReadAsync(null, http)), StatusCodes.Status200OK));

    public Task ShowAsync(HttpContext http) => QueueRoute.AnswerAsync(http, async queue =>
    {
        if (await FindAsync(queue, http) is not var (now, document))
            return Problems.UnknownQueue(queue);
        Conditions.Show(http.Response, now.ETag);
        return await Resource.WriteAsync(http, document, StatusCodes.Status200OK);
    });

    /// <summary>A queue that has a definition, or had jobs; null: there is none.</summary>
    public async Task<(QueueView View, QueueDocument Document)?> FindAsync(string queue, HttpContext http)
    {
        var now = await definitions.ShowAsync(queue);
        return now.IsStored || catalogue.Queues.Contains(queue) || (await shards.ShardsAsync(queue, http.RequestAborted)).Count > 0
            ? (now, await DocumentAsync(queue, now, http))
            : null;
    }

    /// <summary>A queue with the definition that counts.</summary>
    public async Task<QueueDocument> DocumentAsync(string queue, QueueView now, HttpContext http) =>
        Document(queue, now.Definition, [.. (await DepthsAsync(queue, http)).Select(d => d.Depth)], http);

    /// <summary>A queue, or all by name.</summary>
    public async Task<IReadOnlyList<QueueDocument>> ReadAsync(string? queue, HttpContext http)
    {
        var depths = (await DepthsAsync(queue, http)).ToLookup(d => ShardKey.QueueOf(d.Key), StringComparer.Ordinal);
        var names = depths.Select(d => d.Key).Union(catalogue.Queues.Where(name => queue is null || name == queue), StringComparer.Ordinal);
        return
        [
            .. names.Order(StringComparer.Ordinal).Select(name => Document(name, DefinitionOf(name, depths[name]), [.. depths[name].Select(d => d.Depth)], http)),
        ];
    }

    /// <summary>A queue that has not been laid out is where its shard is.</summary>
    private QueueDefinition DefinitionOf(string queue, IEnumerable<(string Key, ShardDepth? Depth)> there) =>
        catalogue.GenerationsOf(queue).Count == 0 && there.FirstOrDefault() is { Key: { } key }
            ? catalogue.Of(queue) with { Pool = ShardKey.PoolOf(key) }
            : catalogue.Of(queue);

    private QueueDocument Document(string queue, QueueDefinition definition, IReadOnlyList<ShardDepth?> depths, HttpContext http) =>
        QueueDocument.From(queue, definition, depths, Math.Min(options.DepthMax, definition.DepthMax ?? JobLimits.QueueDepthMax), http.Request);

    private async Task<List<(string Key, ShardDepth? Depth)>> DepthsAsync(string? queue, HttpContext http)
    {
        var depths = new List<(string Key, ShardDepth? Depth)>();
        foreach (var some in (await shards.ShardsAsync(queue, http.RequestAborted)).Chunk(ShardsAtOnce))
            depths.AddRange(await Task.WhenAll(some.Select(async shard => (shard.Key, await DepthAsync(shard)))));
        return depths;
    }

    /// <summary>Null where nobody knows: the pool has no silo, or whoever has just taken the shard over is still reading its jobs.</summary>
    private async Task<ShardDepth?> DepthAsync(ShardRow shard)
    {
        for (var since = clock.GetTimestamp(); cluster.Current.HomeOf(shard.Key) is not null && clock.GetElapsedTime(since) < RecoveryMax;)
        {
            var depth = await GrainCalls.RepeatAsync(() => shards.Of(shard).DepthAsync(), clock);
            if (!depth.IsRecovering)
                return depth;
            await Task.Delay(RecoveryPause, clock);
        }

        return null;
    }
}

/// <summary>A queue as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool whose silos run its jobs.</param>
/// <param name="Shards">How many shards share its jobs: those that take new ones, and those that still have some.</param>
/// <param name="Scheduled">Jobs that are not to start before their time.</param>
/// <param name="Ready">Jobs that wait to run.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Retrying">Jobs that wait for their next attempt.</param>
/// <param name="Open">All of these.</param>
/// <param name="OpenMax">Open jobs above which submissions are refused.</param>
/// <param name="Paused">No attempt starts.</param>
/// <param name="BackOff">Jobs that wait because runs have asked for it; null: none.</param>
/// <param name="Breaker">The circuit breaker; null: the queue has none, or no shard that can tell.</param>
/// <param name="Jobs">Where to list them.</param>
/// <param name="Definition">What is special about it.</param>
internal sealed record QueueDocument(
    string Name, string Pool, int Shards, int? Scheduled, int? Ready, int? Running, int? Retrying, int? Open, int OpenMax, bool Paused,
    BackOffDocument? BackOff, BreakerStateDocument? Breaker, string Jobs, DefinitionDocument Definition)
{
    public static QueueDocument From(string name, QueueDefinition definition, IReadOnlyList<ShardDepth?> depths, int openMax, HttpRequest request)
    {
        var holds = depths.Select(d => d?.Holds).OfType<ShardHolds>().ToList();
        return new QueueDocument(
            name, definition.Pool, Math.Max(depths.Count, definition.Shards), Sum(d => d.Scheduled), Sum(d => d.Ready), Sum(d => d.Running), Sum(d => d.Retrying), Sum(d => d.Open), openMax,
            definition.Paused, BackOffDocument.From(holds), BreakerStateDocument.From(holds), $"{request.PathBase}/v1/jobs?queue={name}", DefinitionDocument.From(definition));

        int? Sum(Func<ShardDepth, int> count) => depths.All(d => d is not null) ? depths.Sum(d => count(d!.Value)) : null;
    }
}

internal sealed record QueuesDocument(IReadOnlyList<QueueDocument> Queues);
