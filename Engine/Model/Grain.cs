using Microsoft.Extensions.DependencyInjection;
using Orleans.Activations;
using Orleans.Runtime;

namespace Orleans;

/// <summary>
/// Base of grain classes. An instance belongs to one activation, which runs its calls one after the other; it is made by
/// the engine when its id is first called and let go when idle.
/// </summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>For grains that the engine makes; their activation is found by itself.</summary>
    protected Grain() : this(Activation.Current!) { }

    /// <param name="grainContext">The activation; tests of a single grain pass their own.</param>
    protected Grain(IGrainContext grainContext) => GrainContext = grainContext;

    /// <summary>The activation that this instance belongs to.</summary>
    public IGrainContext GrainContext { get; }

    /// <summary>A reference to this grain, to be handed out instead of <c>this</c>.</summary>
    public GrainReference GrainReference => Context.GrainReference;

    /// <summary>The grain's id as text: <c>type/key</c>.</summary>
    public string IdentityString => Context.GrainId.ToString();

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory =>
        Context is Activation activation ? activation.Silo : ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>Services of this activation, see <see cref="IGrainContext.ActivationServices"/>.</summary>
    protected internal IServiceProvider ServiceProvider => Context.ActivationServices;

    private IGrainContext Context => GrainContext ?? throw new InvalidOperationException(
        $"{GetType().FullName} was made outside of the engine. Get it with IGrainFactory.GetGrain, or pass an IGrainContext.");

    /// <summary>Runs before the first call. What it throws reaches the callers, and the next call tries afresh.</summary>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last call. It is not run when the process dies: state that matters is written before.</summary>
    /// <param name="reason">Why it ends.</param>
    /// <param name="cancellationToken">Cancelled when the time for it is over.</param>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation when the current call has ended; the next call makes a fresh one.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Moves this grain when another silo is the better place for it.</summary>
    protected void MigrateOnIdle() => GrainBaseExtensions.MigrateOnIdle(this);

    /// <summary>Spares this activation from idle collection for a time; <see cref="TimeSpan.Zero"/> or less takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => (Context as Activation)?.DelayDeactivation(timeSpan);
}
