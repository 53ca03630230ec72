using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs.Bulk;

/// <param name="Done">Jobs to which it was done.</param>
/// <param name="Skipped">Jobs that were in another state by then.</param>
/// <param name="Errors">Jobs to which it could not be done.</param>
internal sealed record BulkOutcome(int Done, int Skipped, IReadOnlyList<BulkError> Errors);

/// <summary>Acts on some jobs, as their single actions do; many at once, so that they share commits.</summary>
internal sealed class BulkActs(ShardDirectory shards, IJobStore store, TimeProvider clock)
{
    private const int CancelledAtOnce = 250;

    /// <summary>Each has its input in memory.</summary>
    private const int RedrivenAtOnce = 16;

    private enum Act
    {
        Done,
        Skipped,
    }

    public async Task<BulkOutcome> ActAsync(BulkAction action, IReadOnlyList<JobId> jobs, JobId self, CancellationToken cancellationToken) => action switch
    {
        BulkAction.Delete => await DeleteAsync(jobs, cancellationToken),
        BulkAction.Redrive => await EachAsync(jobs, RedrivenAtOnce, (shard, id) => RedriveAsync(shard, id, self), cancellationToken),
        _ => await EachAsync(jobs, CancelledAtOnce, CancelAsync, cancellationToken),
    };

    private async Task<BulkOutcome> DeleteAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellationToken)
    {
        var done = 0;
        foreach (var shard in jobs.GroupBy(id => id.Shard))
            done += (await store.ForgetAsync(shard.Key, [.. shard], cancellationToken)).Count;
        return new BulkOutcome(done, jobs.Count - done, []);
    }

    private async Task<BulkOutcome> EachAsync(
        IReadOnlyList<JobId> jobs, int atOnce, Func<IShardGrain, JobId, Task<(Act Act, string? Error)>> act, CancellationToken cancellationToken)
    {
        var (done, skipped, errors) = (0, 0, new List<BulkError>());
        foreach (var some in jobs.Chunk(atOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (id, (what, error)) in some.Zip(await Task.WhenAll(some.Select(id => OneAsync(id, act, cancellationToken)))))
            {
                if (error is not null)
                    errors.Add(new BulkError(id.ToString(), error));
                else if (what == Act.Done)
                    done++;
                else
                    skipped++;
            }
        }

        return new BulkOutcome(done, skipped, errors);
    }

    private async Task<(Act Act, string? Error)> OneAsync(
        JobId id, Func<IShardGrain, JobId, Task<(Act Act, string? Error)>> act, CancellationToken cancellationToken)
    {
        try
        {
            return await shards.OwnerOfAsync(id, cancellationToken) is var (shard, _) ? await act(shard, id) : (Act.Skipped, null);
        }
        catch (Exception e) when (e is CorruptRowException || e.InnerException is CorruptRowException)
        {
            return (Act.Skipped, "What is stored of the job is damaged.");
        }
    }

    private async Task<(Act Act, string? Error)> CancelAsync(IShardGrain shard, JobId id)
    {
        var outcome = await GrainCalls.RepeatAsync(() => shard.CancelAsync(id), clock);
        return (outcome.Result == ActResult.Done ? Act.Done : Act.Skipped, null);
    }

    /// <summary>The key is the job's, so that a job that failed is run again once, however many orders are for it and however often this is tried.</summary>
    private async Task<(Act Act, string? Error)> RedriveAsync(IShardGrain shard, JobId id, JobId self)
    {
        var key = JobKey.OfRedrive($"hearth.jobs-action redrive {id}", id);
        var outcome = await GrainCalls.RepeatAsync(() => shard.RedriveAsync(id, key), clock);
        return outcome.Result switch
        {
            ActResult.Done => (outcome.IsRepeat && outcome.Id < self ? Act.Skipped : Act.Done, null),
            ActResult.QueueFull => (Act.Skipped, "The queue is full."),
            _ => (Act.Skipped, null),
        };
    }
}
