using Hearth.Functions;
using Hearth.Functions.Runs;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Leases jobs of one function from the shards that rang, in the order in which they did: as many as slots are free, then the next shard's
/// turn. Nobody polls: with no ring it sleeps, and with no free slot it waits in line with the calls.
/// </summary>
internal sealed partial class FunctionPump(string function, JobRunner runner, PumpGate gate, JobPump pump, TimeProvider clock, ILogger logger)
{
    private const int LeaseMax = 256;
    private const int LeaseMin = 8;

    /// <summary>After so long the silo of a shard hangs, perhaps, and what is free here serves other shards.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>Shards of this silo come first, unless one of another's has waited for so long.</summary>
    private static readonly TimeSpan LocalFirst = TimeSpan.FromMilliseconds(50);

    private readonly Lock bell = new();
    private readonly Queue<ShardLink> rung = new();
    private readonly Queue<(ShardLink Shard, long At)> rungFromAfar = new();
    private readonly HashSet<ShardLink> isRung = [];

    /// <summary>Those whose answer is late, and those that do not know yet that theirs was lost: not asked again before.</summary>
    private readonly HashSet<ShardLink> late = [];
    private readonly HashSet<ShardLink> disowning = [];

    private readonly List<FunctionRun> runs = [];
    private int wanted = LeaseMin;
    private bool isAwake;

    /// <summary>A shard has jobs of this function.</summary>
    public void Ring(ShardLink shard, bool isRemote)
    {
        lock (bell)
        {
            if (late.Contains(shard) || disowning.Contains(shard) || !isRung.Add(shard))
                return;
            shard.IsRemote = isRemote;
            if (isRemote)
                rungFromAfar.Enqueue((shard, clock.GetTimestamp()));
            else
                rung.Enqueue(shard);
            if (isAwake)
                return;
            isAwake = true;
        }

        // Whoever rings has nothing to do with the jobs that are leased then: neither his trace nor his request's values go along.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _ = Task.Run(LeaseAsync);
    }

    private async Task LeaseAsync()
    {
        while (Next() is { } shard)
        {
            try
            {
                if (!await LeaseAsync(shard))
                    continue;
            }
            catch (OperationCanceledException) when (pump.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogNotLeased(logger, function, shard.Key, e);
                _ = RingLaterAsync(shard);
                continue;
            }

            Ring(shard, shard.IsRemote);
        }
    }

    /// <returns>Whether the shard may have more.</returns>
    private async Task<bool> LeaseAsync(ShardLink shard)
    {
        pump.Stopping.ThrowIfCancellationRequested();
        await pump.MayStartAsync();
        if (!shard.HasRoom(this))
            return false;
        var served = await runner.ServedAsync(function, pump.Stopping);
        if (!pump.Carries(shard, served))
            return false;
        runs.Clear();
        runs.Add(await served.Slots.TakeAsync(pump.Stopping));
        served.Slots.TakeMore(runs, wanted);
        if (!gate.TryEnter(runs.Count))
        {
            Release(0);
            await gate.OpenAsync().WaitAsync(pump.Stopping);
            return true;
        }

        var started = 0;
        try
        {
            var answer = LeaseAsync(shard, runs.Count);
            if (shard.IsRemote && !await IsInTimeAsync(answer))
            {
                _ = StartLateAsync(shard, served, answer);
                return false;
            }

            foreach (var lease in await answer)
                pump.Start(shard, lease, runs[started++]);
        }
        finally
        {
            Release(started);
            gate.Leave(runs.Count - started);
        }

        // A lone job need not take all slots and give them back.
        wanted = started == runs.Count ? Math.Min(wanted * 4, LeaseMax) : Math.Max(started + 1, LeaseMin);
        return started == runs.Count;
    }

    private async Task<JobLease[]> LeaseAsync(ShardLink shard, int max)
    {
        var call = pump.NextCall();
        try
        {
            return await shard.Shard.LeaseAsync(function, max, call);
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            // The answer may be lost with the jobs in it, for whatever reason: only the shard itself tells that it handed out nothing.
            lock (bell)
                disowning.Add(shard);
            _ = DisownAsync(shard, call);
            throw;
        }
    }

    private async Task<bool> IsInTimeAsync(Task answer)
    {
        if (!answer.IsCompleted)
            await answer.WaitAsync(AnswerMax, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return answer.IsCompleted;
    }

    /// <summary>Jobs whose answer took long find slots or go back; the shard's turn comes again then.</summary>
    private async Task StartLateAsync(ShardLink shard, ServedFunction served, Task<JobLease[]> answer)
    {
        lock (bell)
            late.Add(shard);
        try
        {
            foreach (var lease in await answer)
                StartLate(shard, served, lease);
        }
        catch (Exception e)
        {
            LogNotLeased(logger, function, shard.Key, e);
            await Task.Delay(Again, clock);
        }

        RingAgain(shard, late);
    }

    private void StartLate(ShardLink shard, ServedFunction served, in JobLease lease)
    {
        var slot = new List<FunctionRun>(1);
        if (!pump.Stopping.IsCancellationRequested && gate.TryEnter(1))
        {
            served.Slots.TakeMore(slot, 1);
            if (slot is [var run])
            {
                pump.Start(shard, lease, run);
                return;
            }

            gate.Leave(1);
        }

        shard.Ended(JobPump.Returned(lease));
    }

    private void Release(int from)
    {
        for (var i = from; i < runs.Count; i++)
            runs[i].Release();
    }

    private ShardLink? Next()
    {
        lock (bell)
        {
            var hasWaited = rungFromAfar.TryPeek(out var far) && clock.GetElapsedTime(far.At) > LocalFirst;
            if ((hasWaited || !rung.TryDequeue(out var shard)) && (shard = rungFromAfar.TryDequeue(out far) ? far.Shard : null) is null)
            {
                isAwake = false;
                return null;
            }

            // Before it is asked: whatever becomes ready after the answer rings again.
            isRung.Remove(shard);
            return shard;
        }
    }

    private async Task RingLaterAsync(ShardLink shard)
    {
        await Task.Delay(Again, clock);
        Ring(shard, shard.IsRemote);
    }

    /// <summary>Tells the shard that what it handed out by this call never came; no other call is made before it knows.</summary>
    private async Task DisownAsync(ShardLink shard, PumpCall call)
    {
        await shard.DisownAsync(function, call, pump.Stopping);
        RingAgain(shard, disowning);
    }

    private void RingAgain(ShardLink shard, HashSet<ShardLink> waited)
    {
        lock (bell)
            waited.Remove(shard);
        Ring(shard, shard.IsRemote);
    }

    [LoggerMessage(LogLevel.Warning, "Jobs of function {Function} could not be leased from shard {Shard}; trying again")]
    private static partial void LogNotLeased(ILogger logger, string function, string shard, Exception error);
}
