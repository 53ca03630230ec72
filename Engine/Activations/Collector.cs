using Orleans.Embedded;

namespace Orleans.Activations;

/// <summary>Lets go of activations that nobody has called for their class's collection age.</summary>
internal sealed class Collector(Silo silo) : IDisposable
{
    private ITimer? _timer;

    public void Start()
    {
        var quantum = silo.Collection.CollectionQuantum;
        _timer = silo.Time.CreateTimer(static collector => ((Collector)collector!).Collect(), this, quantum, quantum);
    }

    public void Dispose() => _timer?.Dispose();

    private void Collect()
    {
        var now = silo.Monitor.Now;
        foreach (var grainClass in silo.Classes)
            foreach (var activation in grainClass.Activations)
                activation.DeactivateIfIdle(now, grainClass.CollectionAge);
    }
}
