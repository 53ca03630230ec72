using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>The observers of one activation, in the order of their stages; those of one stage run together.</summary>
internal sealed class GrainLifecycle : IGrainLifecycle
{
    private readonly List<Subscription> _subscriptions = [];
    private int _reached = int.MinValue;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, stage, observer);
        _subscriptions.Add(subscription);
        return subscription;
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var stage in _subscriptions.GroupBy(s => s.Stage).OrderBy(s => s.Key).ToArray())
        {
            await Task.WhenAll(stage.Select(s => s.Observer.OnStart(cancellation)));
            _reached = stage.Key;
        }
    }

    public async Task StopAsync(CancellationToken cancellation)
    {
        var started = _subscriptions.Where(s => s.Stage <= _reached).GroupBy(s => s.Stage);
        foreach (var stage in started.OrderByDescending(s => s.Key).ToArray())
            await Task.WhenAll(stage.Select(s => s.Observer.OnStop(cancellation)));
    }

    private sealed record Subscription(GrainLifecycle Owner, int Stage, ILifecycleObserver Observer) : IDisposable
    {
        public void Dispose() => Owner._subscriptions.Remove(this);
    }
}
