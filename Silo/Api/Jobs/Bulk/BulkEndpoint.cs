using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Workers;
using Hearth.Jobs;
using Hearth.Jobs.Bulk;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Bulk;

/// <summary><c>POST /v1/jobs/actions</c>: cancels, re-drives or deletes all jobs that match, as a job of its own; or counts them.</summary>
internal sealed class BulkEndpoint(BulkSelection selection, JobIntake intake, JobEndpoints jobs, IJobStore store)
{
    /// <summary>Time spent on a count.</summary>
    public static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(2);

    private const int BytesMax = 64 << 10;

    public async Task HandleAsync(HttpContext http)
    {
        Problem? problem;
        try
        {
            var (document, isXml) = await WorkerBody.ReadAsync(http, BytesMax, "jobs.md");
            using (document)
            {
                var request = BulkRequest.Read(document.RootElement, isXml);
                problem = request.IsDryRun ? await CountAsync(http, request.Order) : await SubmitAsync(http, request.Order);
            }
        }
        catch (JobRejectedException e)
        {
            problem = e.Problem;
        }
        catch (StoreUnavailableException e) when (e is not OutcomeUnknownException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> CountAsync(HttpContext http, BulkOrder order)
    {
        var (count, atLeast) = await selection.CountAsync(order, store.Now.AddMilliseconds(1), CountedFor, http.RequestAborted);
        return await Resource.WriteAsync(http, new BulkCountDocument(order.Action, count, atLeast), StatusCodes.Status200OK);
    }

    private async Task<Problem?> SubmitAsync(HttpContext http, BulkOrder order)
    {
        var job = BulkFunction.JobOf(order);
        if (!IdempotencyKey.TryRead(http.Request, [job], out var key))
            return Problems.InvalidKey;
        var (submitted, problem) = await intake.TakeAsync(BulkFunction.Queue, [job], key);
        return submitted is null
            ? problem
            : await jobs.AnswerAsync(http, new JobView(submitted.First, job.Function, JobState.Ready) { Tags = job.Options!.Tags }, BulkFunction.Queue, wait: null);
    }
}

/// <param name="Action">What would be done.</param>
/// <param name="Count">To how many jobs.</param>
/// <param name="AtLeast">There may be more: counting stopped after 2 s.</param>
internal sealed record BulkCountDocument(BulkAction Action, long Count, bool AtLeast);
