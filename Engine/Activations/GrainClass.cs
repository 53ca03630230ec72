using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;
using Orleans.Discovery;
using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Placement;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>One grain class in one silo: its rules, and the directory of its activations by key.</summary>
internal sealed class GrainClass : IActivationHome
{
    private readonly ConcurrentDictionary<string, IRequestTarget> _directory = new();
    private readonly Func<GrainClass, string, IRequestTarget> _newTarget;
    private readonly Lazy<GrainConstructor> _constructor;
    private readonly GrainInterface _untyped;

    public GrainClass(Silo silo, GrainClassInfo info)
    {
        (Silo, Type, GrainType) = (silo, info.Type, GrainType.Create(info.GrainType));
        IsReentrant = Type.IsDefined(typeof(ReentrantAttribute));
        CollectionAge = silo.Collection.ClassSpecificCollectionAge.GetValueOrDefault(Type.FullName!, silo.Collection.CollectionAge);
        var placement = Type.GetCustomAttribute<PlacementAttribute>()?.PlacementStrategy;
        Placement = placement is { IsUsingGrainDirectory: true } ? placement : null;
        MaxWorkers = (placement as StatelessWorkerPlacement)?.MaxLocal ?? 0;
        _newTarget = MaxWorkers > 0
            ? static (grainClass, key) => new WorkerPool(grainClass, key)
            : static (grainClass, key) => new Activation(grainClass, key, grainClass);
        _constructor = new(() => new GrainConstructor(Type));
        _untyped = new(typeof(IAddressable), this, static (shared, key) => new GrainReference(shared, key));
    }

    public Silo Silo { get; }
    public Type Type { get; }
    public GrainType GrainType { get; }
    public bool IsReentrant { get; }
    public TimeSpan CollectionAge { get; }

    /// <summary>The most activations of one id, for stateless workers; else 0.</summary>
    public int MaxWorkers { get; }

    /// <summary>What its silo is picked by; null when its grains live wherever they are called.</summary>
    public PlacementStrategy? Placement { get; }

    public IEnumerable<Activation> Activations
    {
        get
        {
            foreach (var (_, target) in _directory)
                if (target is Activation activation)
                    yield return activation;
                else if (target is WorkerPool pool)
                    foreach (var worker in pool.Workers)
                        yield return worker;
        }
    }

    /// <summary>The target for a key: the one there is, or a new one, which costs nothing until it gets a request.</summary>
    public IRequestTarget Target(string key) =>
        _directory.TryGetValue(key, out var target) ? target : _directory.GetOrAdd(key, (k, self) => self._newTarget(self, k), this);

    /// <summary>The activation of a key, if there is one.</summary>
    public Activation? Find(string key) => _directory.GetValueOrDefault(key) as Activation;

    public void Remove(Activation activation) => _directory.TryRemove(new(activation.Key, activation));

    public object Create(Activation activation) => _constructor.Value.Invoke(activation);
    public GrainReference PlainReference(string key) => _untyped.Refer(key);
}
