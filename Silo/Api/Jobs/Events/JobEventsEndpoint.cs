using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace Hearth.Api.Jobs.Events;

/// <summary><c>GET /v1/jobs/{id}/events</c>: all that has happened to a job and happens, as server-sent events.</summary>
internal sealed class JobEventsEndpoint(ShardDirectory shards, IJobStore store, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>Streams at once on a silo.</summary>
    public const int StreamsMax = 1_000;

    public const string ContentType = "text/event-stream";

    private static readonly string[] Offered = [ContentType];

    private int streams;

    public Task StreamAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (!TryReadPosition(http.Request, out var after))
            return Problems.InvalidInput("Last-Event-ID, or after, must be the id of an event of this job, such as 2.0.", "after");
        if (await store.FindAsync(id, http.RequestAborted) is null || await shards.OwnerOfAsync(id, http.RequestAborted) is not var (shard, queue))
            return JobRoute.Unknown(http);
        if (Accept.Choose(http.Request, Offered) is null)
            return Problems.NotAcceptable(Offered);
        if (after is { HasEnded: true })
        {
            // By which an event source knows that it need not come back.
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        }

        return await CountedAsync(() => StreamAsync(http, new JobEventStream(shard, queue, store, clock, http), id, after));
    });

    private async Task<Problem?> CountedAsync(Func<Task> stream)
    {
        if (Interlocked.Increment(ref streams) > StreamsMax)
        {
            Interlocked.Decrement(ref streams);
            return Problems.TooManyStreams(StreamsMax);
        }

        try
        {
            await stream();
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref streams);
        }
    }

    private async Task StreamAsync(HttpContext http, JobEventStream stream, JobId id, EventPosition? after)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var until = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await stream.RunAsync(id, after, until.Token);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The caller went, or the silo stops: an event source comes back with the id of the last event that it has.
        }
    }

    private static bool TryReadPosition(HttpRequest request, out EventPosition? position)
    {
        position = null;
        var text = request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : request.Query["after"].ToString();
        if (text.Length == 0)
            return true;
        position = EventPosition.Parse(text);
        return position is not null;
    }
}
