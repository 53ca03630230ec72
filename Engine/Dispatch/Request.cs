using Orleans.Activations;
using Orleans.Messaging;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Dispatch;

/// <summary>
/// One call on its way: its arguments (fields of the class that is generated for the method), its place in an activation's
/// queue, and the promise that its caller awaits. All in one object, because a call makes no other.
/// </summary>
internal abstract class Request : IThreadPoolWorkItem
{
    private CancellationTokenRegistration _cancellation;
    private Exception? _lateFailure;
    private int _settled;

    /// <summary>Neighbours in the one list that the request is in: waiting, admitted or running.</summary>
    internal Request? Next, Previous;

    /// <summary>Whom the request is for; null for a timer tick.</summary>
    internal GrainReference? Target;

    /// <summary>The request that was running where this one was made, until either has ended.</summary>
    internal Request? Parent;

    /// <summary>The caller's <see cref="RequestContext"/>, shared and never changed.</summary>
    internal Dictionary<string, object>? Context;

    /// <summary>The activation that has the request in one of its lists.</summary>
    internal Activation? Activation;

    /// <summary>When it was sent, on the monitor's coarse clock (ms).</summary>
    internal long SentAt;

    /// <summary>The way back to the silo that sent it; null when its caller is here.</summary>
    internal Incoming? Origin;

    /// <summary>How often an activation ended before it got to this request.</summary>
    internal byte Forwards;

    /// <summary>How often it came back from a silo where the grain does not live.</summary>
    internal byte Resends;

    /// <summary>Whether a grain's turn sent it. While the host stops, grains may still call one another.</summary>
    internal bool FromGrain;

    /// <summary>How it takes part in its activation's turns.</summary>
    internal RunMode Mode;

    public abstract GrainMethod Method { get; }

    /// <summary>Whether the caller has its answer, be it the grain's, a timeout or a cancellation.</summary>
    internal bool IsSettled => Volatile.Read(ref _settled) != 0;

    /// <summary>The caller's token, if it gave one.</summary>
    internal CancellationToken Cancellation => _cancellation.Token;

    protected Task? Running { get; private set; }

    /// <summary>Calls the grain. True when it is done; false when it awaits, and then the activation is told later.</summary>
    internal abstract bool Invoke(object grain);

    /// <summary>Answers with an error, if there is no answer yet.</summary>
    internal void Fail(Exception error)
    {
        if (TrySettle())
            Reject(error);
    }

    /// <summary>Reads the grain's result from another silo's answer, and hands it to the caller.</summary>
    internal abstract void TakeAnswer(WireReader reader);

    /// <summary>Tells the silo that sent it that it has not run, and does not belong here.</summary>
    internal void SendBack()
    {
        if (TrySettle())
            Origin!.SendElsewhere();
    }

    /// <summary>Hands the caller an error.</summary>
    protected abstract void Reject(Exception error);

    /// <summary>Answers with what the grain's task came to.</summary>
    protected abstract void Succeed(Task done);

    /// <summary>Answers from outside of a turn, where the caller's code must not run inline.</summary>
    internal void FailElsewhere(Exception error)
    {
        if (!TrySettle())
            return;
        _lateFailure = error;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => Reject(_lateFailure!);

    internal void CancelWith(CancellationToken token) => _cancellation = token.UnsafeRegister(
        static (request, token) => ((Request)request!).FailElsewhere(new OperationCanceledException(token)), this);

    protected bool TrySettle()
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
            return false;
        // Before the caller knows, so that a grain is never older than its last answer.
        if (Target is not null && Activation is { } activation)
            activation.LastUsed = activation.Silo.Monitor.Now;
        // A long line of calls, each made by the one before, must not be kept by its last.
        Parent = null;
        if (_cancellation != default)
            _cancellation.Unregister();
        return true;
    }

    protected bool Await(Task task)
    {
        Running = task;
        if (task.IsCompleted)
            return Conclude();
        // The awaiter brings the end back to the activation's scheduler: results are copied in a turn.
        task.GetAwaiter().UnsafeOnCompleted(Resume);
        return false;
    }

    private void Resume()
    {
        Conclude();
        Activation!.Finish(this);
    }

    private bool Conclude()
    {
        var task = Running!;
        try
        {
            if (task.IsCompletedSuccessfully)
                Succeed(task);
            else
                Activation!.Fault(this, ErrorOf(task));
        }
        catch (Exception error)
        {
            // Copying the result failed.
            Activation!.Fault(this, error);
        }
        return true;
    }

    private static Exception ErrorOf(Task task)
    {
        if (task.Exception is { } errors)
            return errors.InnerException!;
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException cancelled)
        {
            return cancelled;
        }
        throw new InvalidOperationException("The task has neither failed nor been cancelled.");
    }
}

/// <summary>How a request shares its activation with others.</summary>
internal enum RunMode : byte
{
    /// <summary>With none but interleaving ones.</summary>
    Exclusive,

    /// <summary>With other read-only ones, and interleaving ones.</summary>
    Shared,

    /// <summary>With any.</summary>
    Interleaved,
}
