using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Timeline;

/// <summary><c>GET /v1/jobs/{id}/timeline</c>: all attempts of a job and the waits between them.</summary>
internal sealed class TimelineEndpoint(JobLookup jobs, ShardDirectory shards, IClusterView cluster, IJobStore store, TimeProvider clock)
{
    /// <summary>A job that is snoozed for ever has more: the last ones are shown.</summary>
    private const int StepsMax = 1_000;

    public Task ShowAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
        await ReadAsync(id, http.RequestAborted) is { } timeline ? await Resource.WriteAsync(http, timeline, StatusCodes.Status200OK) : JobRoute.Unknown(http));

    /// <returns>Null when there is no such job.</returns>
    public async Task<TimelineDocument?> ReadAsync(JobId id, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(id, TimeSpan.Zero, cancellationToken) is not var (job, queue))
            return null;
        // Read after the job: all that led to where it stands is in there.
        var rows = await store.AttemptsAsync(id, cancellationToken);
        var leases = await store.LeasesAsync(id.Shard, [id], cancellationToken);
        var steps = new TimelineSteps(job, rows, leases is [var lease] ? lease : null, await SiloOfAsync(job, cancellationToken), store.Now).Read();
        return TimelineDocument.From(job, queue, steps, StepsMax, store.Now);
    }

    private async Task<string?> SiloOfAsync(JobView job, CancellationToken cancellationToken)
    {
        if (job.State != JobState.Running || await shards.OwnerOfAsync(job.Id, cancellationToken) is not var (shard, _))
            return null;
        return await GrainCalls.RepeatAsync(() => shard.OpenAsync([job.Id]), clock) is [{ Silo: { } silo } open] && open.Attempt == job.Attempt
            ? cluster.Current.Find(silo)?.Name ?? silo
            : null;
    }
}

/// <summary>A job's life.</summary>
/// <param name="Id">The job.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Function">What it runs.</param>
/// <param name="State">Where it stands.</param>
/// <param name="AcceptedAt">When it was stored.</param>
/// <param name="EndedAt">When it ended; null until then.</param>
/// <param name="Seconds">From then to its end, or so far.</param>
/// <param name="WaitSeconds">Of these it has waited.</param>
/// <param name="RunSeconds">Of these it has run.</param>
/// <param name="Omitted">Steps before these that are not shown.</param>
/// <param name="Steps">Attempts, and the waits before them, in their order.</param>
internal sealed record TimelineDocument(
    string Id, string Queue, string Function, JobState State, DateTimeOffset AcceptedAt, DateTimeOffset? EndedAt, double Seconds, double WaitSeconds,
    double RunSeconds, int Omitted, IReadOnlyList<TimelineStep> Steps)
{
    public static TimelineDocument From(JobView job, string queue, IReadOnlyList<TimelineStep> steps, int stepsMax, DateTimeOffset now) => new(
        job.Id.ToString(), queue, job.Function, job.State, job.AcceptedAt, job.EndedAt, Math.Max(0, ((job.EndedAt ?? now) - job.AcceptedAt).TotalSeconds),
        steps.Where(step => step.Kind != StepKind.Attempt).Sum(step => step.Seconds ?? 0), steps.Where(step => step.Kind == StepKind.Attempt).Sum(step => step.Seconds ?? 0),
        Math.Max(0, steps.Count - stepsMax), [.. steps.TakeLast(stepsMax)]);
}
