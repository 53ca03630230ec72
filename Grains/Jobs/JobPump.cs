using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Runs the jobs that shards hand to this silo, each when its function has a slot free, and delivers their ends to the shard until they
/// are acknowledged. Stopping lets nothing new start and leaves what has not ended to the next start.
/// </summary>
internal sealed partial class JobPump(IJobStore store, JobRunner runner, IGrainFactory grains, TimeProvider clock, ILogger<JobPump> logger)
{
    private static readonly TimeSpan RetryDelivery = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<JobId, Task> taken = [];
    private readonly CancellationTokenSource stopping = new();
    private Task lastSuspect = Task.CompletedTask;

    /// <summary>Takes a job over; one that it has already stays as it is.</summary>
    /// <param name="shard">Who is told how it ended.</param>
    /// <param name="id">The job.</param>
    /// <param name="function">What it runs.</param>
    /// <param name="attempt">Which try this is.</param>
    /// <param name="isSuspect">It may have killed a process: it runs when no other job does, so that it can harm none.</param>
    public void Add(string shard, JobId id, string function, int attempt, bool isSuspect)
    {
        lock (gate)
        {
            if (taken.ContainsKey(id))
                return;
            var turn = runner.IsServed(function) ? Join(isSuspect) : null;
            taken.Add(id, Task.Run(() => TakeAsync(turn, shard, id, function, attempt, isSuspect)));
        }
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        Task[] unfinished;
        lock (gate)
            unfinished = [.. taken.Values];
        await Task.WhenAll(unfinished);
    }

    private async Task TakeAsync(Turn? turn, string shard, JobId id, string function, int attempt, bool isSuspect)
    {
        try
        {
            if (turn is null)
            {
                // Nor does anybody else wait for a suspect whose function is not there yet.
                LogNotServed(logger, id, function);
                await runner.ServedAsync(function, stopping.Token);
                lock (gate)
                    turn = Join(isSuspect);
            }

            await turn.Before;
            await RunAsync(grains.GetGrain<IShardGrain>(shard), id, function, attempt);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Its rows have no end: the next start runs it again.
        }
        finally
        {
            turn?.Over?.SetResult();
            lock (gate)
                taken.Remove(id);
        }
    }

    /// <summary>Behind the suspects that came before; whoever comes later waits for this one, should it be a suspect.</summary>
    private Turn Join(bool isSuspect)
    {
        var turn = new Turn(lastSuspect, isSuspect ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null);
        lastSuspect = turn.Over?.Task ?? lastSuspect;
        return turn;
    }

    private async Task RunAsync(IShardGrain shard, JobId id, string function, int attempt)
    {
        JobEnd? end;
        try
        {
            end = await runner.RunAsync(id, function, attempt, BeginAsync, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await ReturnAsync(shard, id);
            throw;
        }
        catch (Exception e)
        {
            LogSurprise(logger, id, e);
            var now = clock.GetUtcNow();
            end = new JobEnd(id, JobState.Failed, ReadOnlyMemory<byte>.Empty, null, "The silo could not run the job; its log has the details.", now, now);
        }

        if (end is null)
            return;
        await UntilDoneAsync(async () =>
        {
            await shard.EndAsync(end);
            return true;
        });

        // The run may touch nothing before its start is on record, or a job that kills the process would run for ever.
        Task<JobSpec?> BeginAsync() => UntilDoneAsync(async () =>
        {
            await shard.StartedAsync(id);
            return await store.SpecAsync(id);
        });
    }

    private async Task ReturnAsync(IShardGrain shard, JobId id)
    {
        try
        {
            await shard.ReturnAsync(id);
        }
        catch (Exception e)
        {
            // The silo stops all the same; should the job have been started after a crash, this stop counts as another.
            LogNotReturned(logger, id, e);
        }
    }

    /// <summary>Tries until the store answers: an end is kept until it is acknowledged.</summary>
    private async Task<T> UntilDoneAsync<T>(Func<Task<T>> step)
    {
        while (true)
        {
            try
            {
                return await step();
            }
            catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                LogDeliveryFailed(logger, e);
                await Task.Delay(RetryDelivery, clock, stopping.Token);
            }
        }
    }

    /// <param name="Before">When it may run.</param>
    /// <param name="Over">For a suspect: to be completed when it has run.</param>
    private sealed record Turn(Task Before, TaskCompletionSource? Over);

    [LoggerMessage(LogLevel.Warning, "Job {Job} waits: function {Function} is not served here now")]
    private static partial void LogNotServed(ILogger logger, JobId job, string function);

    [LoggerMessage(LogLevel.Error, "Job {Job} could not be run")]
    private static partial void LogSurprise(ILogger logger, JobId job, Exception error);

    [LoggerMessage(LogLevel.Warning, "Job {Job} could not be handed back before the stop")]
    private static partial void LogNotReturned(ILogger logger, JobId job, Exception error);

    [LoggerMessage(LogLevel.Warning, "The store did not take a job's progress; trying again")]
    private static partial void LogDeliveryFailed(ILogger logger, Exception error);
}
