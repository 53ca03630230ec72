using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>The state that a grain's constructor asked for: read at <see cref="GrainLifecycleStage.SetupState"/>.</summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>, ILifecycleObserver
{
    private readonly Activation _activation;
    private readonly IGrainStorage _storage;
    private readonly string _name;
    private GrainState<TState> _held = new();

    public PersistentState(Activation activation, IGrainStorage storage, string name)
    {
        (_activation, _storage, _name) = (activation, storage, name);
        activation.ObservableLifecycle.Subscribe(name, GrainLifecycleStage.SetupState, this);
    }

    public TState State { get => _held.State!; set => _held.State = value; }
    public string? Etag => _held.ETag;
    public bool RecordExists => _held.RecordExists;

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);
    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);
    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public async Task ReadStateAsync(CancellationToken cancellationToken)
    {
        var read = new GrainState<TState>(Fresh());
        await _storage.ReadStateAsync(_name, _activation.GrainId, read, cancellationToken);
        _held = read;
        _held.State ??= Fresh();
    }

    public Task WriteStateAsync(CancellationToken cancellationToken) =>
        _storage.WriteStateAsync(_name, _activation.GrainId, _held, cancellationToken);

    public async Task ClearStateAsync(CancellationToken cancellationToken)
    {
        await _storage.ClearStateAsync(_name, _activation.GrainId, _held, cancellationToken);
        _held.State = Fresh();
    }

    public Task OnStart(CancellationToken cancellationToken) => ReadStateAsync(cancellationToken);
    public Task OnStop(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Values without a parameterless constructor start as null, as in Orleans' absence of a record.</summary>
    private static TState Fresh() =>
        typeof(TState).IsValueType || typeof(TState).GetConstructor(Type.EmptyTypes) is null
            ? default!
            : Activator.CreateInstance<TState>();
}
