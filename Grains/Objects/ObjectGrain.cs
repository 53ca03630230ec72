using Hearth.Cluster;
using Hearth.Objects.Operations;
using Orleans.Runtime;

namespace Hearth.Objects;

/// <summary>
/// An object: runs one operation after the other on its state. (1) The operation runs on the thread pool with a copy of the state, so that one
/// that fails, or does not end in time, has changed nothing. (2) The new state is stored under the etag of the old one. (3) The caller is answered.
/// </summary>
[GrainType(TypeName)]
[PoolPlacement]
internal sealed class ObjectGrain(
    [PersistentState(ObjectGrain.StateName)] IPersistentState<ObjectState> state, ObjectRegistry objects, TimeProvider clock) : Grain, IObjectGrain
{
    public const string TypeName = "object";
    public const string StateName = "state";

    /// <summary>How long an operation waits for one that was cut off and has not ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private Task overrun = Task.CompletedTask;

    public async Task<ObjectAnswer> RunAsync(ObjectCall call, CancellationToken cancellationToken)
    {
        if (Find(call, isRead: false) is not var (served, operation, context))
            return new ObjectAnswer(ObjectEnd.Unknown);
        if (!await HasEndedAsync(overrun))
            return ObjectErrors.Busy(context);
        var (answer, next) = await ExecuteAsync(served, operation, call, context, cancellationToken);
        if (next is not null)
            await StoreAsync(next);
        return answer;
    }

    public async Task<ObjectAnswer> ReadAsync(ObjectCall call, CancellationToken cancellationToken) =>
        Find(call, isRead: true) is var (served, operation, context)
            ? (await ExecuteAsync(served, operation, call, context, cancellationToken)).Answer
            : new ObjectAnswer(ObjectEnd.Unknown);

    public Task<ObjectSnapshot?> ShowAsync(CancellationToken cancellationToken) =>
        Task.FromResult(state.RecordExists ? new ObjectSnapshot(state.State.Json) : null);

    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        if (!state.RecordExists)
            return false;
        try
        {
            await state.ClearStateAsync(CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            DeactivateOnIdle();
            StoreTrouble.Rethrow(e);
            throw;
        }
    }

    private (ServedObject Object, ObjectOperation Operation, ObjectContext Context)? Find(ObjectCall call, bool isRead)
    {
        var (_, name, key) = ObjectKey.Read(this.GetPrimaryKeyString());
        if (objects.Find(name) is not { } served || !served.Operations.TryGetValue(call.Operation, out var operation) || operation.IsRead != isRead)
            return null;
        return (served, operation, new ObjectContext
        {
            Object = name, Key = key, Operation = operation.Name, ContentType = call.ContentType, Logger = served.Logger,
            Deadline = clock.GetUtcNow() + served.Options.Timeout,
        });
    }

    private async Task<OperationResult> ExecuteAsync(
        ServedObject served, ObjectOperation operation, ObjectCall call, ObjectContext context, CancellationToken caller)
    {
        using var timeout = new CancellationTokenSource(served.Options.Timeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, caller);
        // Not in this grain's turn: a body that computes, or blocks, would keep the timeout from being told.
        var stored = state.State.Json;
        var body = Task.Run(() => operation.RunAsync(stored, call, context, stop.Token), stop.Token);
        try
        {
            return await body.WaitAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            if (!operation.IsRead)
                overrun = body;
            return new(ObjectErrors.CutOff(context, served.Options.Timeout, timeout.IsCancellationRequested));
        }
        catch (StateUnreadableException e)
        {
            return new(ObjectErrors.Unreadable(context, e));
        }
        catch (Exception e)
        {
            return new(ObjectErrors.Failed(context, e));
        }
    }

    private async Task<bool> HasEndedAsync(Task former)
    {
        try
        {
            await former.WaitAsync(Patience, clock);
        }
        catch (TimeoutException) when (!former.IsCompleted)
        {
            return false;
        }
        catch
        {
            // How it ended is of no interest any more: it had been answered.
        }

        overrun = Task.CompletedTask;
        return true;
    }

    private async Task StoreAsync(byte[] next)
    {
        var former = state.State;
        state.State = new ObjectState { Json = next };
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception e)
        {
            // It may be stored all the same: the next call reads anew.
            state.State = former;
            DeactivateOnIdle();
            StoreTrouble.Rethrow(e);
            throw;
        }
    }
}
