namespace Hearth.Jobs;

/// <summary>Workers outside that wait for ready jobs of some functions; used from the shard's turns only.</summary>
internal sealed class OutsideBell
{
    private readonly Dictionary<string, HashSet<TaskCompletionSource>> waiting = new(StringComparer.Ordinal);
    private bool isClosed;

    /// <summary>Waits until one of the functions is rung for.</summary>
    public async Task WaitAsync(IReadOnlyList<string> functions, CancellationToken cancellationToken)
    {
        if (isClosed)
            return;
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var function in functions)
        {
            if (!waiting.TryGetValue(function, out var others))
                waiting.Add(function, others = []);
            others.Add(rung);
        }

        try
        {
            await rung.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            foreach (var function in functions)
                Leave(function, rung);
        }
    }

    /// <summary>There are ready jobs: all who wait for them try, so that none waits in vain for one that has gone.</summary>
    public void Ring(string function)
    {
        if (waiting.Count > 0 && waiting.Remove(function, out var all))
            Wake(all);
    }

    /// <summary>Nothing more will be rung for here: nobody waits any more.</summary>
    public void Close()
    {
        isClosed = true;
        foreach (var all in waiting.Values)
            Wake(all);
        waiting.Clear();
    }

    private static void Wake(HashSet<TaskCompletionSource> all)
    {
        foreach (var rung in all)
            rung.TrySetResult();
    }

    private void Leave(string function, TaskCompletionSource rung)
    {
        if (waiting.TryGetValue(function, out var others) && others.Remove(rung) && others.Count == 0)
            waiting.Remove(function);
    }
}
