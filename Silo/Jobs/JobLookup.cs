using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Jobs as they stand: their rows, and what their shards know beyond them.</summary>
internal sealed class JobLookup(ShardDirectory shards, IJobStore store, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>The job, or null; with a wait, when it has ended or the time is up.</summary>
    public async Task<(JobView Job, string Queue)?> FindAsync(JobId id, TimeSpan wait, CancellationToken cancellationToken)
    {
        var job = await store.FindAsync(id, cancellationToken);
        if (job is null || await shards.OwnerOfAsync(id, cancellationToken) is not var (shard, queue))
            return null;
        if (job.HasEnded || !shards.HasHome(shard.GetPrimaryKeyString()))
            return (job, queue);
        if (wait > TimeSpan.Zero)
            await WaitAsync(shard, id, wait, cancellationToken);
        return await NowAsync(shard, id, job, cancellationToken) is { } now ? (now, queue) : null;
    }

    /// <summary>A job that had not ended a moment ago.</summary>
    public async Task<JobView?> NowAsync(IShardGrain shard, JobId id, JobView? known, CancellationToken cancellationToken) =>
        await GrainCalls.RepeatAsync(() => shard.OpenAsync([id]), clock) is [var open] && known is not null
            ? Overlay(known, open)
            : await store.FindAsync(id, cancellationToken);

    public static JobView Overlay(JobView row, in OpenJobView open) => row with
    {
        State = open.State,
        Attempt = open.Attempt,
        StartedAt = open.StartedAt ?? row.StartedAt,
        // The time of the next start says nothing once it has come.
        DueAt = open.State is JobState.Scheduled or JobState.Retrying ? row.DueAt : null,
        Progress = open.Progress,
    };

    private async Task WaitAsync(IShardGrain shard, JobId id, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, lifetime.ApplicationStopping, cancellationToken);
        try
        {
            await shard.WaitAsync(id, either.Token);
        }
        catch (Exception e) when (NotRun.IsRefused(e))
        {
            // The shard moves: the caller gets the state as it is, and asks again.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time is up, or the silo stops: the caller gets the state as it is.
        }
    }
}
