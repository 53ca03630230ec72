using Hearth.Functions.Runs;
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

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock bell = new();
    private readonly Queue<ShardLink> rung = new();
    private readonly HashSet<ShardLink> isRung = [];
    private readonly List<FunctionRun> runs = [];
    private int wanted = LeaseMin;
    private bool isAwake;

    /// <summary>A shard has jobs of this function.</summary>
    public void Ring(ShardLink shard)
    {
        lock (bell)
        {
            if (!isRung.Add(shard))
                return;
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

            Ring(shard);
        }
    }

    /// <returns>Whether the shard may have more.</returns>
    private async Task<bool> LeaseAsync(ShardLink shard)
    {
        pump.Stopping.ThrowIfCancellationRequested();
        if (!shard.HasRoom(this))
            return false;
        var served = await runner.ServedAsync(function, pump.Stopping);
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
            foreach (var lease in await shard.Shard.LeaseAsync(function, runs.Count))
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

    private void Release(int from)
    {
        for (var i = from; i < runs.Count; i++)
            runs[i].Release();
    }

    private ShardLink? Next()
    {
        lock (bell)
        {
            if (!rung.TryDequeue(out var shard))
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
        Ring(shard);
    }

    [LoggerMessage(LogLevel.Warning, "Jobs of function {Function} could not be leased from shard {Shard}; trying again")]
    private static partial void LogNotLeased(ILogger logger, string function, string shard, Exception error);
}
