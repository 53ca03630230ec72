using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The queues and what waits in them: <c>GET /v1/queues</c> and <c>GET /v1/queues/{queue}</c>.</summary>
internal sealed class QueueEndpoints(ShardDirectory shards, IClusterView cluster, JobsOptions options, TimeProvider clock)
{
    /// <summary>Shards that are asked at once.</summary>
    private const int ShardsAtOnce = 64;

    public Task ListAsync(HttpContext http) => AnswerAsync(http, async () =>
        await Resource.WriteAsync(http, new QueuesDocument(await ReadAsync(null, http)), StatusCodes.Status200OK));

    public Task ShowAsync(HttpContext http) => AnswerAsync(http, async () =>
    {
        var name = (string)http.Request.RouteValues["queue"]!;
        return await ReadAsync(name, http) is [var queue]
            ? await Resource.WriteAsync(http, queue, StatusCodes.Status200OK)
            : Problems.UnknownQueue(name);
    });

    /// <summary>A queue, or all by name.</summary>
    public async Task<IReadOnlyList<QueueDocument>> ReadAsync(string? queue, HttpContext http)
    {
        var depths = new List<(string Key, ShardDepth? Depth)>();
        foreach (var some in (await shards.ShardsAsync(queue, http.RequestAborted)).Chunk(ShardsAtOnce))
            depths.AddRange(await Task.WhenAll(some.Select(async shard =>
                (shard.Key, await DepthAsync(shard)))));
        return
        [
            .. depths.GroupBy(d => ShardKey.QueueOf(d.Key), StringComparer.Ordinal).OrderBy(q => q.Key, StringComparer.Ordinal)
                .Select(q => QueueDocument.From(q.Key, ShardKey.PoolOf(q.First().Key), [.. q.Select(d => d.Depth)], options.DepthMax, http.Request)),
        ];
    }

    /// <summary>Null where the pool has no silo: nobody knows without one.</summary>
    private async Task<ShardDepth?> DepthAsync(ShardRow shard) => cluster.Current.HomeOf(shard.Key) is null
        ? null
        : await GrainCalls.RepeatAsync(() => shards.Of(shard).DepthAsync(), clock);

    private static async Task AnswerAsync(HttpContext http, Func<Task<Problem?>> answer)
    {
        Problem? problem;
        try
        {
            problem = await answer();
        }
        catch (StoreUnavailableException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }
}

/// <summary>A queue as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool whose silos run its jobs.</param>
/// <param name="Shards">How many shards share its jobs.</param>
/// <param name="Scheduled">Jobs that are not to start before their time.</param>
/// <param name="Ready">Jobs that wait to run.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Retrying">Jobs that wait for their next attempt.</param>
/// <param name="Open">All of these.</param>
/// <param name="OpenMax">Open jobs above which submissions are refused.</param>
/// <param name="Jobs">Where to list them.</param>
internal sealed record QueueDocument(
    string Name, string Pool, int Shards, int? Scheduled, int? Ready, int? Running, int? Retrying, int? Open, int OpenMax, string Jobs)
{
    public static QueueDocument From(string name, string pool, IReadOnlyList<ShardDepth?> depths, int openMax, HttpRequest request)
    {
        return new QueueDocument(
            name, pool, depths.Count, Sum(d => d.Scheduled), Sum(d => d.Ready), Sum(d => d.Running), Sum(d => d.Retrying), Sum(d => d.Open), openMax,
            $"{request.PathBase}/v1/jobs?queue={name}");

        int? Sum(Func<ShardDepth, int> count) => depths.All(d => d is not null) ? depths.Sum(d => count(d!.Value)) : null;
    }
}

internal sealed record QueuesDocument(IReadOnlyList<QueueDocument> Queues);
