using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>
/// One grain in memory. It is its own task scheduler, so that what a grain awaits comes back to it, and its own
/// thread-pool item, so that being scheduled allocates nothing. The parts: turns (<c>.Turns</c>: what runs next, one at a
/// time), admission (<c>.Admission</c>: which request may start), lifecycle (<c>.Lifecycle</c>: from construction to end).
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a wait handle a token source holds nothing to dispose of.")]
internal sealed partial class Activation : TaskScheduler, IGrainContext, IThreadPoolWorkItem, IRequestTarget, IWatched
{
    [ThreadStatic]
    private static Activation? t_current;

    private readonly Lock _gate = new();
    private AsyncServiceScope? _scope;
    private GrainReference? _reference;
    private GrainLifecycle? _lifecycle;
    private List<IDisposable>? _timers;

    public Activation(GrainClass grainClass, string key, IActivationHome home)
    {
        (Class, Key, _home) = (grainClass, key, home);
        LastUsed = Silo.Monitor.Now;
    }

    /// <summary>The activation whose turn runs on this thread.</summary>
    public static new Activation? Current => t_current;

    public GrainClass Class { get; }
    public string Key { get; }
    public Silo Silo => Class.Silo;
    public object? GrainInstance { get; private set; }
    public GrainId GrainId => GrainId.Create(Class.GrainType, Key);
    public GrainReference GrainReference => _reference ??= Class.PlainReference(Key);
    public IGrainLifecycle ObservableLifecycle => _lifecycle ??= new();
    public Task Deactivated => _ended.Task;

    public IServiceProvider ActivationServices =>
        (_scope ??= Silo.Services.CreateAsyncScope()).ServiceProvider;

    /// <summary>When it last did something for somebody, on the monitor's clock (ms).</summary>
    internal long LastUsed { get; set; }

    /// <summary>Requests that run or wait. Read without the lock where an estimate will do.</summary>
    internal int Load => _running.Count + _admitted.Count + _waiting.Count;

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken) =>
        Silo.Router.Others?.EndIfElsewhere(this, cancellationToken);

    internal void Own(IDisposable timer)
    {
        lock (_gate)
            (_timers ??= []).Add(timer);
    }

    internal void Disown(IDisposable timer)
    {
        lock (_gate)
            _timers?.Remove(timer);
    }

    bool IEquatable<IGrainContext>.Equals(IGrainContext? other) => ReferenceEquals(this, other);
    public override string ToString() => $"{Class.GrainType}/{Key}";
}

/// <summary>What keeps an activation reachable, and lets it go when it has ended.</summary>
internal interface IActivationHome
{
    void Remove(Activation activation);
}
