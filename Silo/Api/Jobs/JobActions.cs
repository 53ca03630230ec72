using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary>Acting on a job: <c>DELETE /v1/jobs/{id}</c> cancels it, <c>POST /v1/jobs/{id}/redrive</c> runs an ended one again, <c>.../delete</c> forgets it.</summary>
internal sealed class JobActions(JobLookup jobs, ShardDirectory shards, JobIntake intake, IJobStore store, TimeProvider clock)
{
    public Task CancelAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (await shards.OwnerOfAsync(id, http.RequestAborted) is not var (shard, _))
            return JobRoute.Unknown(http);
        var outcome = await GrainCalls.RepeatAsync(() => shard.CancelAsync(id), clock);
        if (outcome.Result == ActResult.Unknown || await jobs.FindAsync(id, TimeSpan.Zero, http.RequestAborted) is not var (job, queue))
            return JobRoute.Unknown(http);
        if (outcome.Result == ActResult.HadEnded)
            return Problems.JobEnded(id, job.State);
        await Resource.WriteAnywayAsync(http, JobDocument.From(job, queue, http.Request), StatusCodes.Status200OK);
        return null;
    });

    public Task RedriveAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (!IdempotencyKey.TryRead(http.Request, out var key))
            return Problems.InvalidKey;
        if (await shards.OwnerOfAsync(id, http.RequestAborted) is not var (shard, queue))
            return JobRoute.Unknown(http);
        var outcome = await GrainCalls.UntilTakenAsync(
            () => shard.RedriveAsync(id, key is null ? null : JobKey.OfRedrive(key, id)), clock, isRepeatable: key is not null);
        return outcome.Result switch
        {
            ActResult.Done => await AcceptedAsync(http, outcome.Id),
            ActResult.IsOpen => Problems.JobOpen(id),
            ActResult.HadSucceeded => Problems.JobSucceeded(id),
            ActResult.QueueFull => await intake.QueueFullAsync(queue),
            ActResult.KeyReused => Problems.KeyReused,
            ActResult.KeyInProgress => Problems.KeyInProgress,
            _ => JobRoute.Unknown(http),
        };
    });

    public Task DeleteAsync(HttpContext http) => JobRoute.AnswerAsync(http, async id =>
    {
        if (await store.FindAsync(id, http.RequestAborted) is not { } job)
            return JobRoute.Unknown(http);
        if (!job.HasEnded)
            return Problems.JobNotEnded(id);
        if (await store.ForgetAsync(id.Shard, [id], http.RequestAborted) is [])
            return JobRoute.Unknown(http);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    });

    private async Task<Problem?> AcceptedAsync(HttpContext http, JobId id) => await jobs.FindAsync(id, TimeSpan.Zero, http.RequestAborted) is var (job, queue)
        ? await JobEndpoints.AcceptedAsync(http, job, queue)
        : JobRoute.Unknown(http);
}
