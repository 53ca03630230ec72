namespace Hearth.Functions.Runs;

/// <summary>
/// Looks at every run each 25 ms, on a thread of its own: cuts off those past their deadline (no timer a call), and lends the thread
/// pool threads while bodies hold all of its own, so that long CPU work starves neither HTTP nor other functions.
/// </summary>
/// <remarks>
/// The pool itself adds a thread or two a second. A probe in its queue shows when nobody takes work from it; then the threads lent
/// double with every look, up to one for each run under way. They go back as the runs end.
/// </remarks>
internal sealed class RunWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan StarvedAfter = TimeSpan.FromMilliseconds(50);

    private readonly FunctionRegistry registry;
    private readonly TimeProvider clock;
    private readonly ManualResetEventSlim stop = new();
    private readonly Probe probe = new();
    private readonly int workers;
    private long probedAt;
    private int lent;

    public RunWatch(FunctionRegistry registry, TimeProvider clock)
    {
        this.registry = registry;
        this.clock = clock;
        ThreadPool.GetMinThreads(out workers, out _);
    }

    public void Start() => new Thread(Loop) { IsBackground = true, Name = "hearth-runs" }.Start();

    public void Dispose() => stop.Set();

    /// <summary>One look.</summary>
    public void Tick()
    {
        var now = clock.GetTimestamp();
        var inUse = 0;
        foreach (var function in registry.EverServed)
        {
            function.Slots.Watch(now);
            inUse += function.Slots.InUse;
        }

        Lend(Math.Min(IsStarved(now) ? Math.Max(workers, lent * 2) : lent, inUse));
    }

    private bool IsStarved(long now)
    {
        if (probe.IsQueued)
            return clock.GetElapsedTime(probedAt, now) >= StarvedAfter;
        probe.IsQueued = true;
        probedAt = now;
        ThreadPool.UnsafeQueueUserWorkItem(probe, preferLocal: false);
        return false;
    }

    private void Lend(int threads)
    {
        if (threads == lent)
            return;
        lent = threads;
        ThreadPool.GetMinThreads(out _, out var io);
        ThreadPool.SetMinThreads(workers + threads, io);
    }

    private void Loop()
    {
        while (!stop.Wait(Interval))
            Tick();
    }

    private sealed class Probe : IThreadPoolWorkItem
    {
        private volatile bool isQueued;

        public bool IsQueued
        {
            get => isQueued;
            set => isQueued = value;
        }

        public void Execute() => isQueued = false;
    }
}
