using System.Collections.Immutable;
using Orleans.Dispatch;

namespace Orleans.Activations;

/// <summary>The activations of one stateless-worker id: a new one whenever all are busy, up to the class's limit.</summary>
internal sealed class WorkerPool(GrainClass grainClass, string key) : IRequestTarget, IActivationHome
{
    private readonly Lock _gate = new();
    private ImmutableArray<Activation> _workers = [];

    public ImmutableArray<Activation> Workers => _workers;

    public bool TryAccept(Request request)
    {
        while (!Pick().TryAccept(request))
        {
            // It ended in between; the next pick is another one.
        }
        return true;
    }

    public void Remove(Activation activation)
    {
        lock (_gate)
            _workers = _workers.Remove(activation);
    }

    private Activation Pick()
    {
        lock (_gate)
        {
            var best = LeastLoaded();
            if (best is { Load: 0 } || _workers.Length >= grainClass.MaxWorkers)
                return best!;
            var added = new Activation(grainClass, key, this);
            _workers = _workers.Add(added);
            return added;
        }
    }

    private Activation? LeastLoaded()
    {
        Activation? best = null;
        foreach (var worker in _workers)
            if (best is null || worker.Load < best.Load)
                best = worker;
        return best;
    }
}
