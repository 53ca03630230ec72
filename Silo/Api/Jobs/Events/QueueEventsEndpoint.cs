using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace Hearth.Api.Jobs.Events;

/// <summary><c>GET /v1/queues/{queue}/events</c>: what happens to a queue's jobs, from now on, as server-sent events.</summary>
internal sealed class QueueEventsEndpoint(ShardDirectory shards, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>Streams at once on a silo.</summary>
    public const int StreamsMax = 100;

    private static readonly string[] Offered = [JobEventsEndpoint.ContentType];

    private int streams;

    public async Task StreamAsync(HttpContext http)
    {
        Problem? problem;
        try
        {
            problem = await AnswerAsync(http, (string)http.Request.RouteValues["queue"]!);
        }
        catch (StoreUnavailableException) when (!http.Response.HasStarted)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, string queue)
    {
        var text = http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : http.Request.Query["after"].ToString();
        var after = QueuePosition.Parse(text);
        if (after is null && text.Length > 0)
            return Problems.InvalidInput("Last-Event-ID, or after, must be the id of an event of this queue: take it as it was told.", "after");
        if (!QueueName.IsValid(queue) || await shards.ShardsAsync(queue, http.RequestAborted) is [])
            return Problems.UnknownQueue(queue);
        if (Accept.Choose(http.Request, Offered) is null)
            return Problems.NotAcceptable(Offered);
        if (Interlocked.Increment(ref streams) > StreamsMax)
        {
            Interlocked.Decrement(ref streams);
            return Problems.TooManyQueueStreams(StreamsMax);
        }

        try
        {
            await StreamAsync(http, new QueueEventStream(queue, shards, clock, http), after);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref streams);
        }
    }

    private async Task StreamAsync(HttpContext http, QueueEventStream stream, SortedDictionary<int, long>? after)
    {
        http.Response.ContentType = JobEventsEndpoint.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var until = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await stream.RunAsync(after, until.Token);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The caller went, or the silo stops: an event source comes back with the id of the last event that it has.
        }
    }
}
