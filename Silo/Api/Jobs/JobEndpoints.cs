using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary>Where a job stands and what it gave: <c>GET /v1/jobs/{id}</c> and <c>GET /v1/jobs/{id}/result</c>.</summary>
internal sealed class JobEndpoints(JobLookup jobs, IJobStore store)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5);

    private static Problem InvalidWait { get; } = Problems.InvalidInput("wait must be a duration such as 30s or PT30S, at most 5 minutes.", "wait");

    /// <summary>The job's state; with <c>?wait=30s</c> answers when it has ended or the time is up.</summary>
    public Task StatusAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (WaitOf(http.Request) is not { } wait)
            return InvalidWait;
        if (await jobs.FindAsync(id, wait, http.RequestAborted) is not var (job, queue))
            return JobRoute.Unknown(http);
        if (!job.HasEnded)
            http.Response.Headers.RetryAfter = "1";
        return await Resource.WriteAsync(http, JobDocument.From(job, queue, http.Request), StatusCodes.Status200OK);
    });

    /// <summary>The result's own bytes and media type; 202 while there is none, the job's error as a problem when it failed.</summary>
    public Task ResultAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (WaitOf(http.Request) is not { } wait)
            return InvalidWait;
        return await jobs.FindAsync(id, wait, http.RequestAborted) is var (job, queue)
            ? await AnswerAsync(http, job, queue)
            : JobRoute.Unknown(http);
    });

    /// <summary>
    /// Answers for a job just submitted: its result if it ends within <paramref name="wait"/>, else 202 and where to look. It is stored, so a
    /// store that cannot be read now is no reason to say anything else.
    /// </summary>
    public async Task<Problem?> AnswerAsync(HttpContext http, JobView accepted, string queue, TimeSpan? wait)
    {
        try
        {
            var (job, _) = await jobs.FindAsync(accepted.Id, wait ?? TimeSpan.Zero, http.RequestAborted) ?? (accepted, queue);
            // Who did not ask to wait always gets a 202, however quick the job was.
            return wait is null ? await AcceptedAsync(http, job, queue) : await AnswerAsync(http, job, queue);
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            return await AcceptedAsync(http, accepted, queue);
        }
    }

    /// <summary>202: the job is stored, and this is where to follow it.</summary>
    public static async Task<Problem?> AcceptedAsync(HttpContext http, JobView job, string queue)
    {
        http.Response.Headers.Location = JobDocument.PathOf(job.Id, http.Request);
        http.Response.Headers.RetryAfter = "1";
        await Resource.WriteAnywayAsync(http, JobDocument.From(job, queue, http.Request), StatusCodes.Status202Accepted);
        return null;
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, JobView job, string queue) => job.State switch
    {
        JobState.Failed => Problems.JobFailed(job.Error),
        JobState.Cancelled => Problems.JobCancelled(job.Error),
        JobState.Succeeded => await SendResultAsync(http, job),
        _ => await AcceptedAsync(http, job, queue),
    };

    private async Task<Problem?> SendResultAsync(HttpContext http, JobView job)
    {
        if (await store.FindEndAsync(job.Id, http.RequestAborted) is not { } end)
            return JobRoute.Unknown(http);
        http.Response.Headers.ContentLocation = JobDocument.PathOf(job.Id, http.Request) + "/result";
        if (end.ContentType is null)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        }

        var offered = Offered(end);
        var wanted = end.ContentType == MediaTypes.Json ? Accept.Choose(http.Request, offered) : end.ContentType;
        if (wanted is null)
            return Problems.NotAcceptable(offered);
        await CallOutput.SendAsync(http.Response, end.Result, end.ContentType, wanted);
        return null;
    }

    /// <summary>What a call of the same function would be offered as: a text is kept as a JSON string.</summary>
    private static IReadOnlyList<string> Offered(JobEnd end) => end.ContentType != MediaTypes.Json ? [end.ContentType!]
        : end.Result.Span is [(byte)'"', ..] ? [MediaTypes.Json, MediaTypes.Xml, MediaTypes.Text]
        : [MediaTypes.Json, MediaTypes.Xml];

    private static TimeSpan? WaitOf(HttpRequest request) => request.Query["wait"].ToString() is { Length: > 0 } text
        ? DurationText.Parse(text) is { } wait && wait <= WaitMax ? wait : null
        : TimeSpan.Zero;
}
