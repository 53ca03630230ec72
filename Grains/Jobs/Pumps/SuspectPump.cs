using Hearth.Functions.Runs;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Runs jobs that may have killed a silo: each alone on this one, before all others, so that it can harm none. While it waits for its turn
/// nothing else starts; so when the silo does not become empty in time, or the function has no free slot, others go on for as long as
/// it waited, and the next try is twice as patient.
/// </summary>
internal sealed partial class SuspectPump(JobRunner runner, PumpGate gate, JobPump pump, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceMin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceMax = TimeSpan.FromDays(1);

    private readonly Lock bell = new();
    private readonly HashSet<ShardLink> rung = [];
    private readonly HashSet<ShardLink> resting = [];
    private readonly HashSet<ShardLink> disowning = [];
    private TimeSpan patience = PatienceMin;
    private bool isAwake;

    /// <summary>A shard has suspects.</summary>
    public void Ring(ShardLink shard)
    {
        lock (bell)
        {
            if (pump.Stopping.IsCancellationRequested || resting.Contains(shard) || disowning.Contains(shard))
                return;
            rung.Add(shard);
            if (isAwake)
                return;
            isAwake = true;
            // At once, so that nothing else slips in before them.
            gate.Close();
        }

        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _ = Task.Run(RunAllAsync);
    }

    private async Task RunAllAsync()
    {
        while (Next() is { } shard)
        {
            try
            {
                while (await RunNextAsync(shard))
                    patience = PatienceMin;
            }
            catch (OperationCanceledException) when (pump.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (TimeoutException)
            {
                _ = RestAsync(shard, patience);
                patience = patience * 2 < PatienceMax ? patience * 2 : PatienceMax;
            }
            catch (Exception e)
            {
                LogNotRun(logger, shard.Key, e);
                _ = RestAsync(shard, Again);
            }
        }
    }

    /// <returns>False when the shard has none that could run here.</returns>
    /// <exception cref="TimeoutException">It cannot run alone now.</exception>
    private async Task<bool> RunNextAsync(ShardLink shard)
    {
        await gate.EmptyAsync().WaitAsync(patience, clock, pump.Stopping);
        // Counted from here, so that a silo that stops waits for what becomes of it.
        gate.Admit();
        if (!await TryStartAsync(shard))
            return false;
        await gate.EmptyAsync();
        // Its end on record clears it; until then it counts as one that may have killed the silo.
        await shard.DrainAsync().WaitAsync(pump.Stopping);
        return true;
    }

    private async Task<bool> TryStartAsync(ShardLink shard)
    {
        JobLease? leased = null;
        try
        {
            leased = await LeaseAsync(shard);
            if (leased is { } lease)
            {
                pump.Start(shard, lease, await TakeSlotAsync(lease.Spec.Function));
                return true;
            }
        }
        catch when (leased is { } lease)
        {
            // At no cost: what is not returned counts as one that killed the silo.
            shard.Ended(JobPump.Returned(lease));
            gate.Leave(1);
            throw;
        }
        catch
        {
            gate.Leave(1);
            throw;
        }

        gate.Leave(1);
        return false;
    }

    private async Task<JobLease?> LeaseAsync(ShardLink shard)
    {
        await pump.MayStartAsync();
        var call = pump.NextCall();
        try
        {
            return await shard.Shard.LeaseSuspectAsync([.. runner.Served.Where(f => pump.Carries(shard, f)).Select(f => f.Name)], call);
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            // The answer may be lost with the job in it.
            lock (bell)
                disowning.Add(shard);
            _ = DisownAsync(shard, call);
            throw;
        }
    }

    /// <summary>Tells the shard that what it handed out by this call never came; no other call is made before it knows.</summary>
    private async Task DisownAsync(ShardLink shard, PumpCall call)
    {
        await shard.DisownAsync(function: null, call, pump.Stopping);
        lock (bell)
            disowning.Remove(shard);
        Ring(shard);
    }

    private async Task<FunctionRun> TakeSlotAsync(string function)
    {
        if (runner.Find(function) is not { } served)
            throw new TimeoutException("The function is not served any more.");
        using var timeUp = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, pump.Stopping);
        try
        {
            return await served.Slots.TakeAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!pump.Stopping.IsCancellationRequested)
        {
            throw new TimeoutException("The function has no free slot.", e);
        }
    }

    private ShardLink? Next()
    {
        lock (bell)
        {
            if (rung.FirstOrDefault() is { } shard)
            {
                rung.Remove(shard);
                return shard;
            }

            isAwake = false;
            gate.Open();
            return null;
        }
    }

    private async Task RestAsync(ShardLink shard, TimeSpan time)
    {
        lock (bell)
            resting.Add(shard);
        await Task.Delay(time, clock);
        lock (bell)
            resting.Remove(shard);
        Ring(shard);
    }

    [LoggerMessage(LogLevel.Warning, "Jobs of shard {Shard} that were running when a silo died could not be run; trying again")]
    private static partial void LogNotRun(ILogger logger, string shard, Exception error);
}
