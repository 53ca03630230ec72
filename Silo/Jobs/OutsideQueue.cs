using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>The way of workers outside to a queue's jobs. Nobody polls: who finds none waits until the shard rings.</summary>
internal sealed class OutsideQueue(ShardDirectory shards, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>Between two tries that found nothing although the shard rang: others were quicker, or it moves.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Jobs, as soon as there are some; none when there were none in time.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="wait">For how long.</param>
    /// <param name="gone">The worker has gone: what was leased for it is returned.</param>
    public async Task<OutsideJob[]> LeaseAsync(string queue, OutsideAsk ask, TimeSpan wait, CancellationToken gone)
    {
        var shard = await shards.ForQueueAsync(queue, gone);
        using var timeUp = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, lifetime.ApplicationStopping, gone);
        while (true)
        {
            var jobs = await GrainCalls.UntilTakenAsync(() => shard.LeaseOutsideAsync(ask), clock, isRepeatable: false);
            if (gone.IsCancellationRequested)
                return await ReturnAsync(shard, jobs);
            if (jobs.Length > 0 || either.IsCancellationRequested)
                return jobs;
            await ReadyAsync(shard, ask.Functions, either.Token);
        }
    }

    private async Task ReadyAsync(IShardGrain shard, IReadOnlyList<string> functions, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        try
        {
            await shard.ReadyOutsideAsync(functions, cancellationToken);
            if (clock.GetElapsedTime(since) < Pause)
                await Task.Delay(Pause, clock, cancellationToken);
        }
        catch (Exception e) when (NotRun.IsRefused(e) || e is StoreUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            // The shard moves: whoever owns it next is asked.
            await Task.Delay(Pause, clock, CancellationToken.None);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Time is up, the silo stops, or the worker has gone: one last look tells.
        }
    }

    /// <summary>At no cost for the jobs.</summary>
    private async Task<OutsideJob[]> ReturnAsync(IShardGrain shard, OutsideJob[] jobs)
    {
        if (jobs.Length > 0)
        {
            var returned = jobs.Select(job => new JobResult(job.Lease.Id, job.Lease.Attempt, AttemptOutcome.Returned, default, default)).ToArray();
            await GrainCalls.RepeatAsync(() => shard.CompleteOutsideAsync(returned), clock);
        }

        return [];
    }
}
