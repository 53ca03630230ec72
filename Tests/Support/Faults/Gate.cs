namespace Hearth.Tests.Support.Faults;

/// <summary>Lets through while it is open; whoever comes when it is closed waits.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource open = Opened();

    public void Close()
    {
        if (open.Task.IsCompleted)
            open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open() => open.TrySetResult();

    public Task PassAsync(CancellationToken cancellationToken) => open.Task.WaitAsync(cancellationToken);

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }
}
