namespace Orleans;

/// <summary>Something that starts and stops in stages.</summary>
public interface ILifecycleObservable
{
    /// <summary>Has an observer started when the stage is reached, lowest first, and stopped in the reverse order.</summary>
    /// <returns>Dispose it to take the subscription back.</returns>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}
