using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans.Timers;

/// <summary>
/// Queues a tick when due, like a call, and sets the next one when the callback has ended; so there never are two at once.
/// </summary>
internal sealed class GrainTimer<TState> : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<TState, CancellationToken, Task> _callback;
    private readonly TState _state;
    private readonly bool _interleaves;
    private readonly bool _keepsAlive;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private TimeSpan _period;
    private TimeSpan _next;
    private bool _ticking;

    public GrainTimer(Activation activation, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        (_activation, _callback, _state) = (activation, callback, state);
        (_interleaves, _keepsAlive, _period) = (options.Interleave, options.KeepAlive, options.Period);
        CheckTimes(options.DueTime, options.Period);
        activation.Own(this);
        // The timer must not keep the values that flow where it is made.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _timer = activation.Silo.Time.CreateTimer(
                static timer => ((GrainTimer<TState>)timer!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        CheckTimes(dueTime, period);
        lock (_gate)
        {
            (_period, _next) = (period, dueTime);
            // A tick that waits or runs comes first; its end sets the next one.
            if (!_ticking)
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _activation.Disown(this);
        try
        {
            _disposed.Cancel();
        }
        catch (AggregateException error)
        {
            // Whoever disposes of the timer, be it the end of the activation, goes on.
            _activation.Silo.Log.TimerCancellationFailed(error, _activation);
        }
    }

    private void Due()
    {
        lock (_gate)
        {
            if (_ticking)
                return;
            (_ticking, _next) = (true, _period);
        }
        _activation.TryAccept(new Tick(this));
    }

    private async Task RunAsync()
    {
        if (_disposed.IsCancellationRequested)
            return;
        try
        {
            await _callback(_state, _disposed.Token);
        }
        catch (Exception error)
        {
            if (!_disposed.IsCancellationRequested)
                _activation.Silo.Log.TimerFailed(error, _activation);
        }
        if (_keepsAlive)
            _activation.LastUsed = _activation.Silo.Monitor.Now;
        lock (_gate)
        {
            _ticking = false;
            if (!_disposed.IsCancellationRequested)
                _timer.Change(_next, Timeout.InfiniteTimeSpan);
        }
    }

    private static void CheckTimes(TimeSpan due, TimeSpan period)
    {
        if (due != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        if (period != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
    }

    private sealed class Tick(GrainTimer<TState> timer) : TaskRequest
    {
        public override GrainMethod Method => timer._interleaves ? GrainMethod.InterleavedTimerTick : GrainMethod.TimerTick;
        protected override Task Call(object grain) => timer.RunAsync();
    }
}
