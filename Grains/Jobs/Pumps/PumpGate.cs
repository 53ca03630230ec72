namespace Hearth.Jobs;

/// <summary>Counts the attempts under way on this silo, and shuts others out while a suspect runs, or for good when the silo stops.</summary>
internal sealed class PumpGate
{
    private readonly Lock gate = new();
    private TaskCompletionSource? opened;
    private TaskCompletionSource? emptied;
    private int inside;
    private bool isShut;

    /// <summary>Lets so many in if the gate is open.</summary>
    public bool TryEnter(int count)
    {
        lock (gate)
        {
            if (opened is not null)
                return false;
            inside += count;
            return true;
        }
    }

    /// <summary>Lets one in though the gate is closed.</summary>
    public void Admit()
    {
        lock (gate)
            inside++;
    }

    public void Leave(int count)
    {
        lock (gate)
        {
            inside -= count;
            if (inside > 0)
                return;
            emptied?.TrySetResult();
            emptied = null;
        }
    }

    /// <summary>Completes when the gate is open.</summary>
    public Task OpenAsync()
    {
        lock (gate)
            return opened?.Task ?? Task.CompletedTask;
    }

    /// <summary>Completes when nobody is inside.</summary>
    public Task EmptyAsync()
    {
        lock (gate)
            return inside == 0 ? Task.CompletedTask : (emptied ??= Signal()).Task;
    }

    public void Close()
    {
        lock (gate)
            opened ??= Signal();
    }

    /// <summary>Closes it for good.</summary>
    public void Shut()
    {
        lock (gate)
        {
            isShut = true;
            opened ??= Signal();
        }
    }

    public void Open()
    {
        lock (gate)
        {
            if (isShut)
                return;
            opened?.TrySetResult();
            opened = null;
        }
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
