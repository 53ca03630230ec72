using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The queues and what waits in them: <c>GET /v1/queues</c> and <c>GET /v1/queues/{queue}</c>.</summary>
internal sealed class QueueEndpoints(ShardDirectory shards, JobsOptions options)
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

    private async Task<IReadOnlyList<QueueDocument>> ReadAsync(string? queue, HttpContext http)
    {
        var depths = new List<(string Queue, ShardDepth Depth)>();
        foreach (var some in (await shards.ShardsAsync(queue, http.RequestAborted)).Chunk(ShardsAtOnce))
            depths.AddRange(await Task.WhenAll(some.Select(async shard => (ShardKey.QueueOf(shard.Key), await shards.Of(shard).DepthAsync()))));
        return
        [
            .. depths.GroupBy(d => d.Queue, d => d.Depth).OrderBy(q => q.Key, StringComparer.Ordinal)
                .Select(q => QueueDocument.From(q.Key, [.. q], options.DepthMax, http.Request)),
        ];
    }

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
/// <param name="Shards">How many shards share its jobs.</param>
/// <param name="Scheduled">Jobs that are not to start before their time.</param>
/// <param name="Ready">Jobs that wait to run.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Retrying">Jobs that wait for their next attempt.</param>
/// <param name="Open">All of these.</param>
/// <param name="OpenMax">Open jobs above which submissions are refused.</param>
/// <param name="Jobs">Where to list them.</param>
internal sealed record QueueDocument(string Name, int Shards, int Scheduled, int Ready, int Running, int Retrying, int Open, int OpenMax, string Jobs)
{
    public static QueueDocument From(string name, IReadOnlyList<ShardDepth> depths, int openMax, HttpRequest request) => new(
        name, depths.Count, depths.Sum(d => d.Scheduled), depths.Sum(d => d.Ready), depths.Sum(d => d.Running), depths.Sum(d => d.Retrying),
        depths.Sum(d => d.Open), openMax, $"{request.PathBase}/v1/jobs?queue={name}");
}

internal sealed record QueuesDocument(IReadOnlyList<QueueDocument> Queues);
