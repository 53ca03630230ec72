namespace Orleans.Activations;

/// <summary>
/// One timer for all: it advances the coarse clock that requests are stamped with and looks at the activations that have
/// work, and at connections, so that a call needs neither a timer nor a reading of the real clock.
/// </summary>
internal sealed class RequestMonitor(TimeProvider time) : IDisposable
{
    /// <summary>How often it looks, and so how coarse its clock is.</summary>
    public const int TickMs = 100;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(TickMs);

    private readonly long _start = time.GetTimestamp();
    private readonly Lock _gate = new();
    private List<IWatched> _arrived = [];
    private List<IWatched> _watched = [];
    private ITimer? _timer;
    private bool _stopped;
    private long _now;

    /// <summary>Milliseconds since the start, as of the last tick.</summary>
    public long Now => Volatile.Read(ref _now);

    public void Start() => _timer = time.CreateTimer(static monitor => ((RequestMonitor)monitor!).Tick(), this, s_tick, Timeout.InfiniteTimeSpan);

    /// <summary>Looks at something until that says that there is nothing left to look at.</summary>
    public void Watch(IWatched watched)
    {
        lock (_gate)
            _arrived.Add(watched);
    }

    public void Dispose()
    {
        _stopped = true;
        _timer?.Dispose();
    }

    private void Tick()
    {
        Volatile.Write(ref _now, (long)time.GetElapsedTime(_start).TotalMilliseconds);
        lock (_gate)
        {
            _watched.AddRange(_arrived);
            _arrived.Clear();
        }
        var now = _now;
        _watched.RemoveAll(watched => !watched.Inspect(now));
        // Armed anew only now, so that ticks never overlap.
        if (!_stopped)
            _timer?.Change(s_tick, Timeout.InfiniteTimeSpan);
    }
}

/// <summary>What the monitor looks at with each tick.</summary>
internal interface IWatched
{
    /// <param name="now">The monitor's clock (ms).</param>
    /// <returns>Whether to look again.</returns>
    bool Inspect(long now);
}
