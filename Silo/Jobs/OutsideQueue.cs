using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// The way of workers outside to a queue's jobs, whichever of its shards has them. Nobody polls: who finds none waits until one of the shards rings.
/// </summary>
internal sealed class OutsideQueue(ShardDirectory shards, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>Between two tries that found nothing although a shard rang: others were quicker, or it moves.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>After so long the shards are looked up anew: the queue may have others.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private int turn;

    /// <summary>Jobs, as soon as there are some; none when there were none in time.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="wait">For how long.</param>
    /// <param name="gone">The worker has gone: what was leased for it is returned.</param>
    public async Task<OutsideJob[]> LeaseAsync(string queue, OutsideAsk ask, TimeSpan wait, CancellationToken gone)
    {
        using var timeUp = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, lifetime.ApplicationStopping, gone);
        while (true)
        {
            var keys = await KeysAsync(queue, gone);
            var jobs = await LeaseAsync(keys, ask, gone);
            if (jobs.Length > 0 || either.IsCancellationRequested)
                return jobs;
            await ReadyAsync(keys, ask.Functions, either.Token);
        }
    }

    /// <summary>The shards, each first in its turn; where none has a silo, the one that would have the jobs.</summary>
    private async Task<IReadOnlyList<string>> KeysAsync(string queue, CancellationToken gone)
    {
        var all = await shards.KeysAsync(queue, gone);
        var there = all.Where(shards.HasHome).ToList();
        if (there.Count == 0)
            return [all[0]];
        var first = (int)((uint)Interlocked.Increment(ref turn) % (uint)there.Count);
        return [.. there[first..], .. there[..first]];
    }

    private async Task<OutsideJob[]> LeaseAsync(IReadOnlyList<string> keys, OutsideAsk ask, CancellationToken gone)
    {
        var leased = new List<(IShardGrain Shard, OutsideJob[] Jobs)>();
        var left = ask.Max;
        foreach (var key in keys)
        {
            var shard = shards.Of(key);
            var jobs = await LeaseAsync(shard, ask with { Max = left }, hasSome: left < ask.Max);
            leased.Add((shard, jobs));
            left -= jobs.Length;
            if (left == 0 || gone.IsCancellationRequested)
                break;
        }

        if (!gone.IsCancellationRequested)
            return [.. leased.SelectMany(some => some.Jobs)];
        foreach (var (shard, jobs) in leased)
            await ReturnAsync(shard, jobs);
        return [];
    }

    /// <param name="shard">Whom to ask.</param>
    /// <param name="ask">What for.</param>
    /// <param name="hasSome">Whether the worker gets some anyway: then it does not wait for a shard that moves, and loses none to its troubles.</param>
    private async Task<OutsideJob[]> LeaseAsync(IShardGrain shard, OutsideAsk ask, bool hasSome)
    {
        try
        {
            return hasSome
                ? await shard.LeaseOutsideAsync(ask)
                : await GrainCalls.UntilTakenAsync(() => shard.LeaseOutsideAsync(ask), clock, isRepeatable: false);
        }
        catch (Exception e) when (hasSome && (NotRun.IsRefused(e) || e is StoreUnavailableException))
        {
            return [];
        }
    }

    private async Task ReadyAsync(IReadOnlyList<string> keys, IReadOnlyList<string> functions, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        using var again = new CancellationTokenSource(LookAgain, clock);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(again.Token, cancellationToken);
        var asked = keys.Select(key => ReadyAsync(key, functions, enough.Token)).ToList();
        await Task.WhenAny(asked);
        await enough.CancelAsync();
        await Task.WhenAll(asked);
        if (clock.GetElapsedTime(since) < Pause && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Pause, clock, CancellationToken.None);
    }

    private async Task ReadyAsync(string key, IReadOnlyList<string> functions, CancellationToken enough)
    {
        try
        {
            await shards.Of(key).ReadyOutsideAsync(functions, enough);
        }
        catch (Exception e) when (NotRun.IsRefused(e) || e is StoreUnavailableException && !enough.IsCancellationRequested)
        {
            // The shard moves: whoever owns it next is asked.
            await Task.Delay(Pause, clock, CancellationToken.None);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Time is up, another shard has some, the silo stops, or the worker has gone: one last look tells.
        }
    }

    /// <summary>At no cost for the jobs.</summary>
    private async Task ReturnAsync(IShardGrain shard, OutsideJob[] jobs)
    {
        if (jobs.Length == 0)
            return;
        var returned = jobs.Select(job => new JobResult(job.Lease.Id, job.Lease.Attempt, AttemptOutcome.Returned, default, default)).ToArray();
        await GrainCalls.RepeatAsync(() => shard.CompleteOutsideAsync(returned), clock);
    }
}
