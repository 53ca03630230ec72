namespace Orleans.Runtime;

/// <summary>One activation of a grain as the grain's own code sees it. Injectable into grains.</summary>
public interface IGrainContext : IEquatable<IGrainContext>
{
    GrainReference GrainReference { get; }
    GrainId GrainId { get; }

    /// <summary>The instance of the grain class; null before construction and after deactivation.</summary>
    object? GrainInstance { get; }

    /// <summary>Services of this activation: a scope that is made when first asked for and disposed with the activation.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Where components hook into activation and deactivation; subscribe in constructors only.</summary>
    IGrainLifecycle ObservableLifecycle { get; }

    /// <summary>Completes when the activation has ended. Never await it from the activation itself.</summary>
    Task Deactivated { get; }

    /// <summary>Ends the activation once its running calls have ended. Waiting and later calls go to a fresh one.</summary>
    /// <param name="deactivationReason">Handed to <see cref="Grain.OnDeactivateAsync"/>.</param>
    /// <param name="cancellationToken">Handed to <see cref="Grain.OnDeactivateAsync"/>.</param>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);

    /// <summary>Moves the grain when another silo is the better place for it; a silo alone has nowhere to move it to.</summary>
    void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);
}
