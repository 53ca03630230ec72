using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Workers;

/// <summary>Workers outside, in any language: <c>POST /v1/queues/{queue}/lease</c>, <c>.../heartbeat</c> and <c>.../complete</c>.</summary>
internal sealed class WorkerEndpoints(ShardDirectory shards, IJobStore store, OutsideQueue queues, TimeProvider clock)
{
    /// <summary>Jobs for a worker, as soon as there are some.</summary>
    public Task LeaseAsync(HttpContext http) => AnswerAsync(http, async (queue, body, lenient) =>
    {
        var (ask, wait) = WorkerRequests.Lease(body, lenient);
        if (!await shards.MayTakeAsync(queue, http.RequestAborted))
            return Problems.TooManyQueues(new TooManyQueuesException().Message);
        var jobs = await queues.LeaseAsync(queue, ask, wait, http.RequestAborted);
        await Resource.WriteAnywayAsync(http, new LeasedJobsDocument([.. jobs.Select(job => LeasedJobDocument.From(job))]), StatusCodes.Status200OK);
        return null;
    });

    /// <summary>Renews leases, and tells of those that do not stand any more.</summary>
    public Task HeartbeatAsync(HttpContext http) => AnswerAsync(http, async (queue, body, lenient) =>
    {
        var (held, lease) = WorkerRequests.Heartbeat(body, lenient);
        var until = await EachAsync(queue, held, one => one.Id, (shard, some) => shard.RenewOutsideAsync(some, lease));
        var renewed = new List<RenewedDocument>(held.Length);
        for (var i = 0; i < held.Length; i++)
            renewed.Add(new RenewedDocument(held[i].Id.ToString(), held[i].Attempt, await OutcomeAsync(held[i].Id, until[i]), until[i]));
        await Resource.WriteAnywayAsync(http, new RenewedManyDocument(renewed), StatusCodes.Status200OK);
        return null;
    });

    /// <summary>Ends attempts. What was taken before is taken again, so that a worker that got no answer can repeat itself.</summary>
    public Task CompleteAsync(HttpContext http) => AnswerAsync(http, async (queue, body, lenient) =>
    {
        var (results, isArray) = WorkerRequests.Complete(body, lenient);
        var accepted = await EachAsync(queue, results, one => one.Id, (shard, some) => shard.CompleteOutsideAsync(some));
        var completed = new List<CompletedDocument>(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            var isTaken = accepted[i] || await TakenResults.HasAsync(store, results[i]);
            completed.Add(new CompletedDocument(results[i].Id.ToString(), results[i].Attempt, isTaken ? CompletedOutcome.Accepted : CompletedOutcome.Lost));
        }

        await (isArray
            ? Resource.WriteAnywayAsync(http, new CompletedManyDocument(completed), StatusCodes.Status200OK)
            : Resource.WriteAnywayAsync(http, completed[0], StatusCodes.Status200OK));
        return null;
    });

    private static async Task AnswerAsync(HttpContext http, Func<string, JsonElement, bool, Task<Problem?>> answer)
    {
        Problem? problem;
        try
        {
            var queue = (string)http.Request.RouteValues["queue"]!;
            if (!QueueName.IsValid(queue))
                throw new JobRejectedException(Problems.InvalidInput($"'{Problems.Shown(queue)}' cannot be a queue: {QueueName.Rule}.", "queue"));
            var (document, isXml) = await WorkerBody.ReadAsync(http);
            using (document)
                problem = await answer(queue, document.RootElement, isXml);
        }
        catch (JobRejectedException e)
        {
            problem = e.Problem;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<RenewedOutcome> OutcomeAsync(JobId id, DateTimeOffset? until) => until is not null ? RenewedOutcome.Renewed
        : await store.FindAsync(id, CancellationToken.None) is { State: JobState.Cancelled } ? RenewedOutcome.Cancelled
        : RenewedOutcome.Lost;

    /// <summary>Asks the shards of the items; those of other queues, or of none, are answered by the default.</summary>
    private async Task<TAnswer[]> EachAsync<TItem, TAnswer>(
        string queue, TItem[] items, Func<TItem, JobId> idOf, Func<IShardGrain, TItem[], Task<TAnswer[]>> ask)
    {
        var answers = new TAnswer[items.Length];
        await Task.WhenAll(Enumerable.Range(0, items.Length).GroupBy(i => idOf(items[i]).Shard).Select(async group =>
        {
            var indexes = group.ToList();
            if (await shards.OwnerOfAsync(idOf(items[indexes[0]]), CancellationToken.None) is not var (shard, owned) || owned != queue)
                return;
            var some = await GrainCalls.RepeatAsync(() => ask(shard, [.. indexes.Select(i => items[i])]), clock);
            for (var i = 0; i < indexes.Count; i++)
                answers[indexes[i]] = some[i];
        }));
        return answers;
    }
}
