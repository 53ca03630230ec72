using Hearth.Functions.Runs;

namespace Hearth.Functions.Registration;

/// <summary>
/// Hands the inputs of several runs to one: (1) a run brings its input, and waits; (2) when there are enough, or the first has waited for the window, they
/// are handed over together; (3) each run ends as its own outcome says. A run that is cut off meanwhile ends by itself, and its outcome is of no use.
/// </summary>
/// <remarks>
/// The last run that is cut off keeps its slot until the body has really ended, as one does that has a body of its own: so there are never more bodies than
/// <see cref="FunctionOptions.Concurrency"/> says, though they hang.
/// </remarks>
internal sealed class Gatherer<TIn, TOut>(
    string function, Func<IReadOnlyList<BatchItem<TIn>>, CancellationToken, Task<IReadOnlyList<BatchOutcome<TOut>>>> body, int max, TimeSpan window, TimeProvider clock)
{
    private readonly Lock gate = new();
    private Gathering? current;

    public async Task<TOut> RunAsync(TIn input, FunctionContext context, CancellationToken stop)
    {
        var entry = new Entry(new BatchItem<TIn>(input, context), stop);
        var joined = Join(entry);
        try
        {
            return await entry.Ended.Task.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (IsLastToLeave(joined, entry))
            {
                _ = joined.Stop.CancelAsync();
                await ((Task)entry.Ended.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            throw;
        }
    }

    private Gathering Join(Entry entry)
    {
        Gathering joined;
        lock (gate)
        {
            joined = current ??= Open();
            joined.Entries.Add(entry);
            if (joined.Entries.Count < max)
            {
                LeaveTime(joined, entry.Item.Context.Deadline - clock.GetUtcNow());
                return joined;
            }

            current = null;
        }

        HandOver(joined);
        return joined;
    }

    private Gathering Open()
    {
        var opened = new Gathering { Since = clock.GetTimestamp(), Wait = window };
        opened.Timer = clock.CreateTimer(
            gathering =>
            {
                lock (gate)
                {
                    // It was full before.
                    if (current != gathering)
                        return;
                    current = null;
                }

                HandOver((Gathering)gathering!);
            },
            opened, window, Timeout.InfiniteTimeSpan);
        return opened;
    }

    /// <summary>One whose time would be over in the window is waited for half of it; the other half is the body's.</summary>
    private void LeaveTime(Gathering gathering, TimeSpan left)
    {
        if (left > gathering.Wait - clock.GetElapsedTime(gathering.Since))
            return;
        gathering.Since = clock.GetTimestamp();
        gathering.Wait = left > TimeSpan.Zero ? left / 2 : TimeSpan.Zero;
        gathering.Timer!.Change(gathering.Wait, Timeout.InfiniteTimeSpan);
    }

    private void HandOver(Gathering gathering)
    {
        gathering.Timer?.Dispose();
        // Not in the turn nor in the trace of the run that came last, which is only one of them.
        ThreadPool.UnsafeQueueUserWorkItem(
            static both => _ = both.Gatherer.RunAsync(both.gathering), (Gatherer: this, gathering), preferLocal: false);
    }

    private async Task RunAsync(Gathering gathering)
    {
        var entries = Begin(gathering);
        if (entries.Length == 0)
            return;
        try
        {
            End(entries, await body([.. entries.Select(entry => entry.Item)], gathering.Stop.Token));
        }
        catch (Exception e)
        {
            foreach (var entry in entries)
                entry.Ended.TrySetException(e);
        }
    }

    /// <summary>Takes those that wait still. Jobs that might begin when they came may not by now: the silo has lost its lease in the window.</summary>
    private Entry[] Begin(Gathering gathering)
    {
        lock (gate)
        {
            gathering.HasBegun = true;
            foreach (var entry in gathering.Entries.Where(entry => !entry.Item.Context.MayBegin))
                entry.Ended.TrySetException(new NotBegunException());
            gathering.Entries.RemoveAll(entry => entry.Stop.IsCancellationRequested || entry.Ended.Task.IsCompleted);
            return [.. gathering.Entries];
        }
    }

    /// <summary>A run is cut off: in the window it makes room for another.</summary>
    private bool IsLastToLeave(Gathering gathering, Entry entry)
    {
        lock (gate)
            return gathering.Entries.Remove(entry) && gathering is { HasBegun: true, Entries.Count: 0 };
    }

    private void End(Entry[] entries, IReadOnlyList<BatchOutcome<TOut>> outcomes)
    {
        if (outcomes?.Count != entries.Length)
            throw new FunctionException($"Function '{function}' must return one outcome for each of its {entries.Length} inputs, in their order, and returned {outcomes?.Count ?? 0}.");
        for (var i = 0; i < entries.Length; i++)
        {
            if (outcomes[i].Error is { } error)
                entries[i].Ended.TrySetException(error);
            else if (outcomes[i].IsSet)
                entries[i].Ended.TrySetResult(outcomes[i].Value);
            else
                entries[i].Ended.TrySetException(new FunctionException($"Function '{function}': outcome {i} was not set; give each input a value or an exception."));
        }
    }

    /// <summary>One run's input. Compared by reference: two may bring the same.</summary>
    private sealed class Entry(BatchItem<TIn> item, CancellationToken stop)
    {
        public BatchItem<TIn> Item { get; } = item;

        public CancellationToken Stop { get; } = stop;

        public TaskCompletionSource<TOut> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Gathering
    {
        /// <summary>Those that have not been cut off.</summary>
        public List<Entry> Entries { get; } = [];

        /// <summary>Fires when none is left. Never disposed: it has no timer, and the last may leave when the body has just ended.</summary>
        public CancellationTokenSource Stop { get; } = new();

        public ITimer? Timer { get; set; }

        /// <summary>From when on the timer runs, as a timestamp.</summary>
        public long Since { get; set; }

        /// <summary>How long it runs.</summary>
        public TimeSpan Wait { get; set; }

        public bool HasBegun { get; set; }
    }
}
