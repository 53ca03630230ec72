namespace Hearth.Functions.Registration;

/// <summary>
/// Hands the inputs of several runs to one: (1) a run brings its input, and waits; (2) when there are enough, or the first has waited for the window, they
/// are handed over together; (3) each run ends as its own outcome says. A run that is cut off meanwhile ends by itself, and its outcome is of no use.
/// </summary>
internal sealed class Gatherer<TIn, TOut>(
    string function, Func<IReadOnlyList<BatchItem<TIn>>, CancellationToken, Task<IReadOnlyList<BatchOutcome<TOut>>>> body, int max, TimeSpan window, TimeProvider clock)
{
    private readonly Lock gate = new();
    private Gathering? current;

    public async Task<TOut> RunAsync(TIn input, FunctionContext context, CancellationToken stop)
    {
        var entry = new Entry(new BatchItem<TIn>(input, context), stop);
        Join(entry);
        return await entry.Ended.Task.WaitAsync(stop);
    }

    private void Join(Entry entry)
    {
        Gathering joined;
        lock (gate)
        {
            joined = current ??= Begin();
            joined.Entries.Add(entry);
            if (joined.Entries.Count < max)
                return;
            current = null;
        }

        HandOver(joined);
    }

    private Gathering Begin()
    {
        var begun = new Gathering();
        begun.Timer = clock.CreateTimer(
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
            begun, window, Timeout.InfiniteTimeSpan);
        return begun;
    }

    private void HandOver(Gathering gathering)
    {
        gathering.Timer?.Dispose();
        // Not in the turn nor in the trace of the run that came last, which is only one of them.
        ThreadPool.UnsafeQueueUserWorkItem(
            static both => _ = both.Gatherer.RunAsync([.. both.Entries.Where(entry => !entry.Stop.IsCancellationRequested)]),
            (Gatherer: this, gathering.Entries), preferLocal: false);
    }

    private async Task RunAsync(Entry[] entries)
    {
        if (entries.Length == 0)
            return;
        using var all = new CancellationTokenSource();
        var left = entries.Length;
        var following = entries.Select(entry => entry.Stop.UnsafeRegister(
            _ =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                    _ = all.CancelAsync();
            },
            null)).ToList();
        try
        {
            End(entries, await body([.. entries.Select(entry => entry.Item)], all.Token));
        }
        catch (Exception e)
        {
            foreach (var entry in entries)
                entry.Ended.TrySetException(e);
        }
        finally
        {
            foreach (var one in following)
                await one.DisposeAsync();
        }
    }

    private void End(Entry[] entries, IReadOnlyList<BatchOutcome<TOut>> outcomes)
    {
        if (outcomes?.Count != entries.Length)
            throw new FunctionException($"Function '{function}' must return one outcome for each of its {entries.Length} inputs, in their order, and returned {outcomes?.Count ?? 0}.");
        for (var i = 0; i < entries.Length; i++)
        {
            if (outcomes[i].Error is { } error)
                entries[i].Ended.TrySetException(error);
            else
                entries[i].Ended.TrySetResult(outcomes[i].Value);
        }
    }

    private sealed record Entry(BatchItem<TIn> Item, CancellationToken Stop)
    {
        public TaskCompletionSource<TOut> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Gathering
    {
        public List<Entry> Entries { get; } = [];

        public ITimer? Timer { get; set; }
    }
}
