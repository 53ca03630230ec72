using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Activations;
using Orleans.Configuration;
using Orleans.Discovery;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The engine in one host: the grain classes it found, and the factory of references to them.</summary>
internal sealed class Silo : IClusterClient, IDisposable
{
    private readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainInterface> _interfaces = new();
    private readonly Dictionary<Type, GrainClass> _classes;
    private readonly Dictionary<GrainType, GrainClass> _byGrainType;
    private readonly Collector _collector;

    public Silo(IServiceProvider services, TimeProvider time, ILogger<Silo> log,
        IOptions<GrainCollectionOptions> collection, IOptions<SiloMessagingOptions> messaging, IOptions<SiloConnectionOptions> connections)
    {
        (Services, Time, Log) = (services, time, log);
        (Collection, Messaging) = (collection.Value, messaging.Value);
        Monitor = new(time);
        Router = new(Monitor);
        _collector = new(this);
        _classes = GrainCatalog.Classes.ToDictionary(c => c.Type, c => new GrainClass(this, c));
        _byGrainType = _classes.Values.ToDictionary(c => c.GrainType);
        if (services.GetService<IGrainLocator>() is { } locator)
            Router.Others = new(this, locator, services.GetRequiredService<SiloListener>(), connections.Value);
    }

    public IServiceProvider Services { get; }
    public IServiceProvider ServiceProvider => Services;
    public TimeProvider Time { get; }
    public ILogger<Silo> Log { get; }
    public GrainCollectionOptions Collection { get; }
    public SiloMessagingOptions Messaging { get; }
    public RequestMonitor Monitor { get; }
    public Router Router { get; }
    public IEnumerable<GrainClass> Classes => _classes.Values;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)(object)Interface(typeof(TGrainInterface), grainClassNamePrefix).Refer(primaryKey);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) =>
        (IGrain)(object)Interface(grainInterfaceType, null).Refer(grainPrimaryKey);

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable =>
        _byGrainType.TryGetValue(grainId.Type, out var grainClass)
            ? (TGrainInterface)Refer(grainClass, typeof(TGrainInterface), grainId.Key.ToString())
            : throw new ArgumentException($"No grain class has the type '{grainId.Type}' of grain id {grainId}.", nameof(grainId));

    public GrainClass ClassOf(Type type) =>
        _classes.TryGetValue(type, out var grainClass) ? grainClass : throw new ArgumentException($"{type.FullName} is not a grain class.");

    /// <summary>A reference to a grain of a known class, as one of the interfaces that the class implements.</summary>
    public object Refer(GrainClass grainClass, Type grainInterface, string key)
    {
        if (grainInterface == typeof(IAddressable))
            return grainClass.PlainReference(key);
        if (!grainInterface.IsAssignableFrom(grainClass.Type))
            throw new InvalidCastException($"Grain class {grainClass.Type.FullName} does not implement {grainInterface.FullName}.");
        return Interface(grainInterface, grainClass.Type.FullName).Refer(key);
    }

    public void Start()
    {
        Monitor.Start();
        _collector.Start();
        Router.Status = SiloStatus.Running;
        Router.Others?.Start();
    }

    /// <summary>Takes no more calls, then ends every activation, as long as the token allows.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        Router.Status = SiloStatus.Stopping;
        _collector.Dispose();
        try
        {
            // Ending grains may call others and so begin them.
            while (Classes.SelectMany(c => c.Activations).ToArray() is { Length: > 0 } activations)
            {
                foreach (var activation in activations)
                    activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo stops."), cancellation);
                await Task.WhenAll(activations.Select(a => a.Deactivated)).WaitAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // First, so that nobody begins to wait after the others were told.
            Router.Status = SiloStatus.Stopped;
            foreach (var activation in Classes.SelectMany(c => c.Activations))
                activation.Abandon();
        }
        Router.Status = SiloStatus.Stopped;
        if (Router.Others is { } others)
            await others.StopAsync();
        Monitor.Dispose();
    }

    public void Dispose()
    {
        Router.Status = SiloStatus.Stopped;
        Router.Others?.Dispose();
        _collector.Dispose();
        Monitor.Dispose();
    }

    private GrainInterface Interface(Type type, string? prefix) =>
        _interfaces.TryGetValue((type, prefix), out var known) ? known
            : _interfaces.GetOrAdd((type, prefix), static (wanted, silo) => silo.Bind(wanted.Interface, wanted.Prefix), this);

    private GrainInterface Bind(Type type, string? prefix)
    {
        var implementation = GrainCatalog.Implementation(type, prefix);
        return _classes.TryGetValue(implementation, out var grainClass)
            ? new(type, grainClass, ProxyFactory.For(type).Create)
            : throw new ArgumentException($"The assembly of grain class {implementation.FullName} was loaded after the silo was made.");
    }
}
