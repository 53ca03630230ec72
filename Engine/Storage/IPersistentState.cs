using Orleans.Core;

namespace Orleans.Runtime;

/// <summary>
/// One named, stored state of a grain, injected where the constructor asks for it with
/// <see cref="PersistentStateAttribute"/>. It is read before <see cref="Grain.OnActivateAsync"/>.
/// </summary>
public interface IPersistentState<TState> : IStorage<TState>;
