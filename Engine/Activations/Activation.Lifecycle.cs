using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>
/// Life: constructed by the first request, valid until somebody asks for its end, ended once its running requests and
/// <see cref="IGrainBase.OnDeactivateAsync"/> have. It stays in the directory until then, so that no second one begins
/// before; requests that came meanwhile are sent again.
/// </summary>
internal sealed partial class Activation
{
    /// <summary>How long deactivation code may go on after its token was cancelled, before a successor may start.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private readonly IActivationHome _home;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _activation = new();
    private ActivationState _state;
    private long _activatingSince;
    private Request? _activator;
    private DeactivationReason? _reason;
    private CancellationToken _deactivationToken;
    private long _keepUntil;

    internal bool IsDeactivating => _reason is not null;

    /// <summary>Whether the next turn is a step of the activation's own life.</summary>
    private bool IsTransitionDue => _state == ActivationState.New
        || (IsDeactivating && _state == ActivationState.Valid && _running.Count == 0);

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (IsDeactivating || _state == ActivationState.Ended)
                return;
            (_reason, _deactivationToken) = (deactivationReason, cancellationToken);
            if (_onPool)
                return;
            _onPool = true;
        }
        GoToPool();
    }

    /// <summary>Ends the activation if nothing runs, waits, or asked for it to be kept.</summary>
    internal void DeactivateIfIdle(long now, TimeSpan age)
    {
        lock (_gate)
        {
            var idle = _state == ActivationState.Valid && !IsDeactivating && Load == 0;
            if (!idle || now < _keepUntil || now - LastUsed < age.TotalMilliseconds)
                return;
            _reason = new(DeactivationReasonCode.ActivationIdle, $"Nobody called for {age}.");
            if (_onPool)
                return;
            _onPool = true;
        }
        GoToPool();
    }

    internal void DelayDeactivation(TimeSpan time) => _keepUntil = Silo.Monitor.Now + (long)time.TotalMilliseconds;

    private void RunTransition()
    {
        bool ending;
        lock (_gate)
        {
            ending = IsDeactivating;
            _activator = ending ? null : _admitted.First ?? _waiting.First;
            _activatingSince = Silo.Monitor.Now;
            if (ending && _state == ActivationState.New)
                _state = ActivationState.Ended;
            else
                _state = ending ? ActivationState.Deactivating : ActivationState.Activating;
        }
        _ = ending ? EndAsync() : BeginAsync();
    }

    private async Task BeginAsync()
    {
        try
        {
            RequestContext.Values = _activator?.Context;
            if (Silo.Router.Others is { } others && Class.Placement is not null && !await others.MayBeginAsync(Class, Key))
            {
                LeaveToOthers();
                return;
            }
            GrainInstance = Class.Create(this);
            (GrainInstance as ILifecycleParticipant<IGrainLifecycle>)?.Participate(ObservableLifecycle);
            if (_lifecycle is not null)
                await _lifecycle.StartAsync(_activation.Token);
            await ((IGrainBase)GrainInstance).OnActivateAsync(_activation.Token);
            lock (_gate)
                _state = ActivationState.Valid;
        }
        catch (Exception error)
        {
            Silo.Log.ActivationFailed(error, this);
            _reason = new(DeactivationReasonCode.ActivationFailed, error, "Activation failed.");
            await ReleaseAsync();
            foreach (var request in End())
                Fault(request, error);
        }
        finally
        {
            _activator = null;
        }
    }

    /// <summary>The grain's home became another while it was about to begin here.</summary>
    private void LeaveToOthers()
    {
        lock (_gate)
            _reason ??= new(DeactivationReasonCode.Migrating, "The grain lives on another silo.");
        foreach (var request in End())
            Silo.Router.SendAgain(request);
    }

    private async Task EndAsync()
    {
        if (GrainInstance is not null)
        {
            try
            {
                await NotifyAsync();
            }
            catch (Exception error)
            {
                // The grain's own clean-up failed; it ends all the same.
                Silo.Log.DeactivationFailed(error, this, _reason!.Value);
            }
            await ReleaseAsync();
        }
        foreach (var request in End())
            Silo.Router.SendAgain(request);
    }

    private async Task NotifyAsync()
    {
        DisposeTimers();
        var time = Silo.Collection.DeactivationTimeout;
        using var timeout = new CancellationTokenSource(time, Silo.Time);
        using var token = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _deactivationToken);
        await NotifyAsync(token.Token).WaitAsync(time + s_grace, Silo.Time, CancellationToken.None);
    }

    private async Task NotifyAsync(CancellationToken cancellation)
    {
        await ((IGrainBase)GrainInstance!).OnDeactivateAsync(_reason!.Value, cancellation);
        if (_lifecycle is not null)
            await _lifecycle.StopAsync(cancellation);
    }

    private async Task ReleaseAsync()
    {
        DisposeTimers();
        try
        {
            if (GrainInstance is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync();
            else
                (GrainInstance as IDisposable)?.Dispose();
            if (_scope is { } scope)
                await scope.DisposeAsync();
        }
        catch (Exception error)
        {
            Silo.Log.DeactivationFailed(error, this, _reason!.Value);
        }
    }

    /// <summary>Leaves the directory, then lets go of what still waited.</summary>
    private Request[] End()
    {
        _home.Remove(this);
        Request[] left;
        lock (_gate)
        {
            _state = ActivationState.Ended;
            left = [.. _admitted.Drain(), .. _waiting.Drain()];
            _waitingReaders = 0;
        }
        // References to the grain may keep the activation; the grain and its state they must not.
        GrainInstance = null;
        _lifecycle = null;
        _ended.TrySetResult();
        return left;
    }

    /// <summary>The host's time is up: whoever still waits is told so.</summary>
    internal void Abandon()
    {
        Request[] left;
        lock (_gate)
            left = [.. _running.ToArray(), .. _admitted.ToArray(), .. _waiting.ToArray()];
        foreach (var request in left)
            request.FailElsewhere(new SiloUnavailableException(
                $"{request.Method.Name} of grain {this} did not end within the host's shutdown time."));
    }

    private void DisposeTimers()
    {
        IDisposable[] timers;
        lock (_gate)
        {
            timers = _timers?.ToArray() ?? [];
            _timers = null;
        }
        foreach (var timer in timers)
            timer.Dispose();
    }
}

internal enum ActivationState : byte
{
    New,
    Activating,
    Valid,
    Deactivating,
    Ended,
}
