using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain class implements, usually by deriving from <see cref="Grain"/>.</summary>
public interface IGrainBase
{
    /// <summary>The activation that this instance belongs to; injectable as <see cref="IGrainContext"/>.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Runs after construction and state loading, before the first call. Failing here fails the waiting calls.</summary>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs as the activation's last turn.</summary>
    /// <param name="reason">Why it ends.</param>
    /// <param name="token">Cancelled when the time for it is over (30 s by default, or the host's shutdown time).</param>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
