using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary>Following a job: <c>GET /v1/jobs/{id}</c> and <c>GET /v1/jobs/{id}/result</c>.</summary>
internal sealed class JobEndpoints(IGrainFactory grains, IJobStore store, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5);

    private static Problem InvalidWait { get; } = Problems.InvalidInput("wait must be a duration such as 30s or PT30S, at most 5 minutes.", "wait");

    /// <summary>The job's state; with <c>?wait=30s</c> answers when it has ended or the time is up.</summary>
    public Task StatusAsync(HttpContext http) => AnswerProblemsAsync(http, async id =>
    {
        if (WaitOf(http.Request) is not { } wait)
            return InvalidWait;
        if (await FindAsync(id, wait, http.RequestAborted) is not { } job)
            return Problems.UnknownJob(id.ToString());
        if (!job.HasEnded)
            http.Response.Headers.RetryAfter = "1";
        return await Resource.WriteAsync(http, JobDocument.From(job, http.Request), StatusCodes.Status200OK);
    });

    /// <summary>The result's own bytes and media type; 202 while there is none, the job's error as a problem when it failed.</summary>
    public Task ResultAsync(HttpContext http) => AnswerProblemsAsync(http, async id =>
    {
        if (WaitOf(http.Request) is not { } wait)
            return InvalidWait;
        return await FindAsync(id, wait, http.RequestAborted) is { } job
            ? await AnswerAsync(http, job)
            : Problems.UnknownJob(id.ToString());
    });

    /// <summary>Answers for a job just submitted: its result if it ends within <paramref name="wait"/>, else 202 and where to look.</summary>
    public async Task<Problem?> AnswerAsync(HttpContext http, JobId id, TimeSpan? wait)
    {
        var job = (await FindAsync(id, wait ?? TimeSpan.Zero, http.RequestAborted))!;
        // Who did not ask to wait always gets a 202, however quick the job was.
        return wait is null ? await AcceptedAsync(http, job) : await AnswerAsync(http, job);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, JobView job)
    {
        if (job.State == JobState.Failed)
            return new Problem("job-failed", 500, "Job failed", job.Error);
        if (job.State == JobState.Succeeded)
            return await SendResultAsync(http, job);
        return await AcceptedAsync(http, job);
    }

    private static async Task<Problem?> AcceptedAsync(HttpContext http, JobView job)
    {
        http.Response.Headers.Location = JobDocument.PathOf(job.Id, http.Request);
        http.Response.Headers.RetryAfter = "1";
        await Resource.WriteAnywayAsync(http, JobDocument.From(job, http.Request), StatusCodes.Status202Accepted);
        return null;
    }

    private async Task<Problem?> SendResultAsync(HttpContext http, JobView job)
    {
        var end = await store.FindEndAsync(job.Id);
        if (end is null)
            return Problems.UnknownJob(job.Id.ToString());
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

    /// <summary>Memory first (what runs now), then the rows; waiting ends early when the job does.</summary>
    private async Task<JobView?> FindAsync(JobId id, TimeSpan wait, CancellationToken cancellationToken)
    {
        var shard = grains.GetGrain<IShardGrain>(IShardGrain.Default);
        if (wait > TimeSpan.Zero)
            await WaitAsync(shard, id, wait, cancellationToken);
        return await shard.FindOpenAsync(id) ?? await store.FindAsync(id);
    }

    private async Task WaitAsync(IShardGrain shard, JobId id, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, lifetime.ApplicationStopping, cancellationToken);
        try
        {
            await shard.WaitAsync(id, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time is up, or the silo stops: the caller gets the state as it is.
        }
    }

    private static TimeSpan? WaitOf(HttpRequest request) => request.Query["wait"].ToString() is { Length: > 0 } text
        ? DurationText.Parse(text) is { } wait && wait <= WaitMax ? wait : null
        : TimeSpan.Zero;

    private static async Task AnswerProblemsAsync(HttpContext http, Func<JobId, Task<Problem?>> answer)
    {
        var text = (string)http.Request.RouteValues["id"]!;
        Problem? problem;
        try
        {
            problem = JobId.TryParse(text, out var id) ? await answer(id) : Problems.UnknownJob(text);
        }
        catch (StoreUnavailableException)
        {
            problem = Problems.StoreUnavailable with { Detail = "The store cannot be read now. Try again." };
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }
}
