using System.Net;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <summary>Longest single wait of a request; below what proxies usually allow.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(25);

    /// <summary>Between two questions when a silo answers early, as one that stops does.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public async Task<SubmittedJob> SubmitAsync(string queue, NewJob job, string? key = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var answer = await SubmitAsync(queue, JobWriter.One(job), key ?? JobWriter.NewKey(), cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.SubmittedJob, options.Endpoint);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SubmittedJob>> SubmitManyAsync(
        string queue, IReadOnlyList<NewJob> jobs, string? key = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        JobWriter.CheckCount(jobs);
        var answer = await SubmitAsync(queue, JobWriter.Many(jobs), key ?? JobWriter.KeyFor(jobs), cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.SubmittedJobs, options.Endpoint).Jobs;
    }

    /// <inheritdoc/>
    public Task<Job> GetAsync(string id, CancellationToken cancellationToken = default) => StatusAsync(id, TimeSpan.Zero, cancellationToken);

    /// <inheritdoc/>
    public async Task<JobTimeline> GetTimelineAsync(string id, CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("jobs", id, "timeline"), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.JobTimeline, options.Endpoint);

    /// <inheritdoc/>
    public async Task<Job> WaitAsync(string id, TimeSpan? atMost = null, CancellationToken cancellationToken = default)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            var asked = clock.GetTimestamp();
            var wait = atMost is null ? WaitMax : Shorter(atMost.Value - clock.GetElapsedTime(start), WaitMax);
            var job = await StatusAsync(id, wait, cancellationToken).ConfigureAwait(false);
            if (job.HasEnded || clock.GetElapsedTime(start) >= atMost)
                return job;
            await RestAsync(asked, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<Payload> ResultAsync(string id, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var asked = clock.GetTimestamp();
            var answer = await FetchAsync(Waiting(Paths.Of("jobs", id, "result"), WaitMax), WaitMax + options.CallTimeout, cancellationToken).ConfigureAwait(false);
            if (answer.Status != HttpStatusCode.Accepted)
                return answer.Payload;
            await RestAsync(asked, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<Job> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("jobs", id);
        var answer = await transport.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Delete, Relative(path)), Repeat.Always, options.RequestTimeout, cancellationToken, expected: 409).ConfigureAwait(false);
        if (answer.IsSuccess)
            return answer.Read(ClientJson.Default.Job, options.Endpoint);
        var refused = answer.Exception(options.Endpoint);
        // A try before this one may have cancelled it, and its answer was lost.
        if (answer.Tries > 1 && refused.Is("job-ended") && await GetAsync(id, cancellationToken).ConfigureAwait(false) is { State: JobState.Cancelled } cancelled)
            return cancelled;
        throw refused;
    }

    /// <inheritdoc/>
    public async Task<Job> RedriveAsync(string id, string? key = null, CancellationToken cancellationToken = default)
    {
        var (path, sent) = (Paths.Of("jobs", id, "redrive"), key ?? JobWriter.NewKey());
        var answer = await transport.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Relative(path)) { Headers = { { "Idempotency-Key", sent } } },
            Repeat.Always, options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.Job, options.Endpoint);
    }

    private Task<HttpAnswer> SubmitAsync(string queue, ReadOnlyMemory<byte> jobs, string? key, CancellationToken cancellationToken)
    {
        var path = Paths.Of("queues", queue, "jobs");
        return transport.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, Relative(path)) { Content = Content(new Payload("application/json", jobs)) };
                if (key is not null)
                    request.Headers.Add("Idempotency-Key", key);
                return request;
            },
            key is null ? Repeat.OnlyIfNotDone : Repeat.Always, options.RequestTimeout, cancellationToken);
    }

    private async Task<Job> StatusAsync(string id, TimeSpan wait, CancellationToken cancellationToken)
    {
        var answer = await FetchAsync(Waiting(Paths.Of("jobs", id), wait), wait + options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.Job, options.Endpoint);
    }

    private static string Waiting(string path, TimeSpan wait) => wait > TimeSpan.Zero ? path + "?wait=" + JobWriter.Text(wait) : path;

    private Task RestAsync(long asked, CancellationToken cancellationToken) =>
        clock.GetElapsedTime(asked) < PauseMin ? Task.Delay(PauseMin, clock, cancellationToken) : Task.CompletedTask;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < TimeSpan.Zero ? TimeSpan.Zero : one < other ? one : other;
}
