namespace Hearth.Jobs;

/// <summary>Those who wait for something to happen to a job; used from the shard's turns only.</summary>
internal sealed class JobWatch
{
    private readonly Dictionary<JobId, (TaskCompletionSource Happened, int Waiting)> watched = [];
    private bool isClosed;

    /// <summary>Waits until it happens.</summary>
    public async Task WaitAsync(JobId id, Func<Task<bool>> isOpenAsync, CancellationToken cancellationToken)
    {
        var happened = Join(id);
        try
        {
            // Joined before the question: what happens after the answer is heard.
            if (!isClosed && await isOpenAsync())
                await happened.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(id, happened);
        }
    }

    /// <summary>It happened.</summary>
    public void Happened(JobId id)
    {
        if (watched.Count > 0 && watched.Remove(id, out var watch))
            watch.Happened.SetResult();
    }

    /// <summary>Nothing more will be heard here: nobody waits any more.</summary>
    public void Close()
    {
        isClosed = true;
        foreach (var (happened, _) in watched.Values)
            happened.SetResult();
        watched.Clear();
    }

    private Task Join(JobId id)
    {
        var watch = watched.GetValueOrDefault(id);
        watch = (watch.Happened ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), watch.Waiting + 1);
        watched[id] = watch;
        return watch.Happened.Task;
    }

    private void Leave(JobId id, Task happened)
    {
        if (!watched.TryGetValue(id, out var watch) || watch.Happened.Task != happened)
            return;
        if (watch.Waiting == 1)
            watched.Remove(id);
        else
            watched[id] = (watch.Happened, watch.Waiting - 1);
    }
}
