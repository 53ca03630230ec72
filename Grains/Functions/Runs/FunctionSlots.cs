using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Hearth.Functions.Runs;

/// <summary>
/// A function's concurrency limit as objects: whoever holds a run may run. Calls take one or are refused; jobs wait in line.
/// </summary>
internal sealed partial class FunctionSlots
{
    private readonly Lock gate = new();
    private readonly Stack<FunctionRun> free = new();
    private readonly Queue<TaskCompletionSource<FunctionRun>> waiting = new();
    private readonly int max;
    private readonly ILogger logger;
    private volatile FunctionRun[] all = [];

    public FunctionSlots(ServedFunction function, int max, TimeProvider clock, ILogger logger)
    {
        Function = function;
        this.max = max;
        Clock = clock;
        this.logger = logger;
    }

    public ServedFunction Function { get; }

    public TimeProvider Clock { get; }

    /// <summary>Runs under way, those that were cut off and have not ended among them.</summary>
    public int InUse
    {
        get
        {
            lock (gate)
                return all.Length - free.Count;
        }
    }

    /// <summary>Runs that wait for a slot.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.Count;
        }
    }

    /// <summary>Takes a slot if one is free.</summary>
    public FunctionRun? TryTake()
    {
        lock (gate)
        {
            if (free.TryPop(out var run))
                return run;
            return all.Length < max ? Grow() : null;
        }
    }

    /// <summary>Takes more slots, as many as are free, until there are <paramref name="max"/>.</summary>
    public void TakeMore(List<FunctionRun> runs, int max)
    {
        lock (gate)
        {
            while (runs.Count < max && (free.TryPop(out var run) || TryGrow(out run)))
                runs.Add(run);
        }
    }

    /// <summary>Takes a slot, waiting for one in the order of asking.</summary>
    public async ValueTask<FunctionRun> TakeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<FunctionRun> turn;
        lock (gate)
        {
            if (free.TryPop(out var run))
                return run;
            if (all.Length < max)
                return Grow();
            turn = new TaskCompletionSource<FunctionRun>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(turn);
        }

        await using var _ = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        return await turn.Task;
    }

    public void Return(FunctionRun run)
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out var turn))
            {
                if (turn.TrySetResult(run))
                    return;
            }

            free.Push(run);
        }
    }

    /// <summary>Cuts off the runs past their deadline.</summary>
    public void Watch(long now)
    {
        foreach (var run in all)
            run.Watch(now);
    }

    public void EndedLate(TimeSpan after, RunOutcome outcome) => LogEndedLate(logger, Function.Name, after.TotalSeconds, outcome.End, outcome.Error);

    private bool TryGrow([NotNullWhen(true)] out FunctionRun? run)
    {
        run = all.Length < max ? Grow() : null;
        return run is not null;
    }

    private FunctionRun Grow()
    {
        var run = Function.CreateRun(this);
        all = [.. all, run];
        return run;
    }

    [LoggerMessage(LogLevel.Information, "A run of {Function} ended ({End}) {Seconds:0.0} s after its start, having been cut off before")]
    private static partial void LogEndedLate(ILogger logger, string function, double seconds, RunEnd end, Exception? error);
}
