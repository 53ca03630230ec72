namespace Orleans;

/// <summary>Takes part in one stage. What <see cref="OnStart"/> throws fails the activation.</summary>
public interface ILifecycleObserver
{
    Task OnStart(CancellationToken cancellationToken = default);
    Task OnStop(CancellationToken cancellationToken = default);
}
