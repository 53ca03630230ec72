namespace Orleans.Runtime;

/// <summary>The stages that an activation passes; see <see cref="GrainLifecycleStage"/>.</summary>
public interface IGrainLifecycle : ILifecycleObservable;
