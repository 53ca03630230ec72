using System.Runtime.CompilerServices;
using Orleans.Messaging;
using Orleans.Serialization;

namespace Orleans.Dispatch;

/// <summary>Stands for the result of a call that has none.</summary>
internal readonly struct Nothing;

/// <summary>A request with its caller's promise.</summary>
internal abstract class Request<T> : Request
{
    // The builder of async methods is a promise without an object of its own beside the task.
    private AsyncTaskMethodBuilder<T> _caller;

    /// <summary>What the caller awaits. Must be asked for before the request is sent.</summary>
    internal Task<T> Response => _caller.Task;

    protected sealed override void Reject(Exception error)
    {
        // Nobody awaits a one-way call; a failed promise would only surface as an unobserved exception.
        if (Origin is { } origin)
            origin.Fail(error);
        else if (Method.IsCall)
            _caller.SetException(error);
    }

    protected void Succeed(T result)
    {
        if (Origin is { } origin)
            SucceedFarAway(origin, result);
        else if (TrySettle())
            _caller.SetResult(result);
    }

    internal sealed override void TakeAnswer(WireReader reader)
    {
        var result = Codec<T>.Read(reader);
        // The caller's code must not run on the thread that reads the connection.
        if (Origin is { } origin)
            SucceedFarAway(origin, result);
        else if (TrySettle() && Method.IsCall)
            ThreadPool.UnsafeQueueUserWorkItem(new FarResult(this, result), preferLocal: false);
    }

    private void SucceedFarAway(Incoming origin, T result)
    {
        if (IsSettled)
            return;
        // Before it is settled: a result that cannot be sent must reach the caller as an error.
        var frame = Incoming.Encode(result);
        if (TrySettle())
            origin.Answer(frame);
        else
            frame.Release();
    }

    private sealed class FarResult(Request<T> request, T result) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => request._caller.SetResult(result);
    }
}

/// <summary>A call of a method that returns <see cref="Task"/>.</summary>
internal abstract class TaskRequest : Request<Nothing>
{
    protected abstract Task Call(object grain);

    internal sealed override bool Invoke(object grain) => Await(Call(grain));
    protected sealed override void Succeed(Task done) => Succeed(default(Nothing));
}

/// <summary>A call of a method that returns <see cref="ValueTask"/>.</summary>
internal abstract class ValueTaskRequest : Request<Nothing>
{
    protected abstract ValueTask Call(object grain);

    internal sealed override bool Invoke(object grain) => Await(Call(grain).AsTask());
    protected sealed override void Succeed(Task done) => Succeed(default(Nothing));
}

/// <summary>A call of a method that returns <see cref="Task{TResult}"/>.</summary>
internal abstract class TaskRequest<T> : Request<T>
{
    protected abstract Task<T> Call(object grain);

    /// <summary>Overridden by methods whose result must be copied.</summary>
    protected virtual T Copy(T result) => result;

    internal sealed override bool Invoke(object grain) => Await(Call(grain));
    protected sealed override void Succeed(Task done)
    {
        var result = Unsafe.As<Task<T>>(done).GetAwaiter().GetResult();
        Succeed(Origin is null ? Copy(result) : result);
    }
}

/// <summary>A call of a method that returns <see cref="ValueTask{TResult}"/>.</summary>
internal abstract class ValueTaskRequest<T> : Request<T>
{
    protected abstract ValueTask<T> Call(object grain);

    /// <inheritdoc cref="TaskRequest{T}.Copy"/>
    protected virtual T Copy(T result) => result;

    internal sealed override bool Invoke(object grain)
    {
        var result = Call(grain);
        if (!result.IsCompletedSuccessfully)
            return Await(result.AsTask());
        Succeed(Origin is null ? Copy(result.GetAwaiter().GetResult()) : result.GetAwaiter().GetResult());
        return true;
    }

    protected sealed override void Succeed(Task done)
    {
        var result = Unsafe.As<Task<T>>(done).GetAwaiter().GetResult();
        Succeed(Origin is null ? Copy(result) : result);
    }
}
