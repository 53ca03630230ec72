using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Bulk;
using Hearth.Api.Jobs.Submitting;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Jobs;
using Hearth.Jobs.Bulk;
using Hearth.Storage;

namespace Hearth.InProcess;

/// <summary>Actions on all jobs that match, read and submitted as the API does it.</summary>
internal sealed class InProcessBulk(BulkSelection selection, JobIntake intake, InProcessJobs jobs, IJobStore store, TimeProvider clock)
{
    public async Task<JobCount> CountAsync(JobAction action, JobQuery filter, bool all, CancellationToken cancellationToken)
    {
        var order = Read(action, filter, all);
        var (count, atLeast) = await Answering.AskAsync(
            () => selection.CountAsync(order, store.Now.AddMilliseconds(1), BulkEndpoint.CountedFor, cancellationToken), Repeat.Always, clock, cancellationToken);
        return new JobCount(count, atLeast);
    }

    public async Task<Job> ActAsync(JobAction action, JobQuery filter, bool all, string? key, CancellationToken cancellationToken)
    {
        var job = BulkFunction.JobOf(Read(action, filter, all));
        var jobKey = JobKey.IsValid(key ??= JobWriter.NewKey()) ? JobKey.Of(key, [job]) : throw Problems.InvalidKey.ToException();
        var submitted = await Answering.AskAsync(async () =>
        {
            var (taken, problem) = await intake.TakeAsync(BulkFunction.Queue, [job], jobKey);
            return taken ?? throw problem!.ToException();
        }, Repeat.Always, clock, cancellationToken);
        return await jobs.WaitAsync(submitted.First.ToString(), TimeSpan.Zero, cancellationToken);
    }

    private static BulkOrder Read(JobAction action, JobQuery filter, bool all)
    {
        ArgumentNullException.ThrowIfNull(filter);
        try
        {
            using var body = JsonDocument.Parse(ActionWriter.Write(action, filter, all, dryRun: false));
            return BulkRequest.Read(body.RootElement, isXml: false).Order;
        }
        catch (JobRejectedException e)
        {
            throw e.Problem.ToException(e);
        }
    }
}
