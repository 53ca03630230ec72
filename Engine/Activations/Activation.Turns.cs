using Orleans.Dispatch;

namespace Orleans.Activations;

/// <summary>
/// Turns: the activation runs one thing at a time, be it the start of a request or the rest of one after an await. Work
/// that arrives puts the activation on the thread pool unless it is there already; a pool thread then takes turns until
/// there is nothing to do or it has taken <see cref="TurnsPerVisit"/>.
/// </summary>
internal sealed partial class Activation
{
    /// <summary>A busy grain gives its thread back after so many turns, so that others get theirs.</summary>
    private const int TurnsPerVisit = 64;

    private static readonly Action<object?> s_takeTurns = static activation => ((Activation)activation!).TakeTurns();

    private Queue<Task>? _continuations;
    private bool _onPool;
    private bool _continuedLast;

    public override int MaximumConcurrencyLevel => 1;

    void IThreadPoolWorkItem.Execute() => new VisitTask(this).Start(this);

    protected override void QueueTask(Task task)
    {
        if (task is VisitTask)
        {
            TryExecuteTask(task);
            return;
        }
        lock (_gate)
        {
            (_continuations ??= new()).Enqueue(task);
            if (_onPool)
                return;
            _onPool = true;
        }
        GoToPool();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && t_current == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
            return _continuations?.ToArray() ?? [];
    }

    // Not on the thread's own queue: that one is last in, first out, and a few busy callers would starve the rest.
    private void GoToPool() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private void TakeTurns()
    {
        t_current = this;
        var clean = ExecutionContext.Capture();
        Request? finished = null;
        for (var turn = 0; Next(turn, ref finished, out var continuation, out var request);)
        {
            turn++;
            if (continuation is not null)
                TryExecuteTask(continuation);
            else if (request is not null)
                finished = Run(request, clean!) ? request : null;
            else
                RunTransition();
        }
        t_current = null;
    }

    /// <summary>Notes what has finished and picks what runs now; neither means a step of the activation's own life.</summary>
    private bool Next(int turn, ref Request? finished, out Task? continuation, out Request? request)
    {
        continuation = null;
        request = null;
        lock (_gate)
        {
            if (finished is not null)
                NoteFinished(finished);
            finished = null;
            if (turn < TurnsPerVisit)
                return _onPool = TryPick(out continuation, out request);
        }
        GoToPool();
        return false;
    }

    private bool TryPick(out Task? continuation, out Request? request)
    {
        request = null;
        // Alternate, so that a grain that keeps awaiting what is ready cannot keep calls out, nor the reverse.
        var continuationFirst = !_continuedLast;
        if (continuationFirst && TryContinue(out continuation))
            return true;
        _continuedLast = false;
        continuation = null;
        return IsTransitionDue || (request = Admit()) is not null || (!continuationFirst && TryContinue(out continuation));
    }

    private bool TryContinue(out Task? continuation)
    {
        continuation = null;
        return _continuedLast = _continuations is not null && _continuations.TryDequeue(out continuation);
    }

    private bool Run(Request request, ExecutionContext clean)
    {
        if (request.IsSettled)
            return true;
        if (request.Context is not null)
            Orleans.Runtime.RequestContext.Values = request.Context;
        if (request.Mode != RunMode.Exclusive && (request.Parent is not null || !Class.IsReentrant))
            s_interleaved.Value = request;
        bool done;
        try
        {
            done = request.Invoke(GrainInstance!);
        }
        catch (Exception error)
        {
            Fault(request, error);
            done = true;
        }
        // A method that is not async may have left values in the flow, which are not the next request's.
        if (!ReferenceEquals(ExecutionContext.Capture(), clean))
            ExecutionContext.Restore(clean);
        return done;
    }

    /// <summary>One visit of a pool thread. Being a task of this scheduler, it makes awaits within come back here.</summary>
    private sealed class VisitTask(Activation activation) : Task(s_takeTurns, activation);
}
