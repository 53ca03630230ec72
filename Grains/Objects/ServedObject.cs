using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Hearth.Functions;
using Hearth.Objects.Operations;
using Microsoft.Extensions.Logging;

namespace Hearth.Objects;

/// <summary>A kind of object as it is served.</summary>
internal sealed class ServedObject
{
    /// <summary>Calls under way at once on a silo, waiting for their turn included; more are refused (429).</summary>
    public const int CallsMax = 1_000;

    private int calls;

    private ServedObject(string name, ObjectOptions options, JsonNode? state, IEnumerable<ObjectOperation> operations, ILogger logger)
    {
        (Name, Options, StateSchema, Logger) = (name, options, state, logger);
        Operations = operations.ToFrozenDictionary(o => o.Name, StringComparer.Ordinal);
    }

    public string Name { get; }

    public ObjectOptions Options { get; }

    public JsonNode? StateSchema { get; }

    public FrozenDictionary<string, ObjectOperation> Operations { get; }

    public ILogger Logger { get; }

    /// <exception cref="ArgumentException">A delegate has a shape that operations have not.</exception>
    public static ServedObject Create<TState>(string name, ObjectOptions options, IReadOnlyList<OperationRegistration> operations, FunctionHost host)
        where TState : class, new()
    {
        var states = new StateJson<TState>(options.StateBytesMax);
        return new ServedObject(
            name, options, StateJson<TState>.Schema, operations.Select(o => OperationFactory.Create(name, o, states, host.Services)),
            host.Loggers.CreateLogger("Hearth.Objects." + name));
    }

    /// <summary>The grain of an object.</summary>
    public IObjectGrain Of(IGrainFactory grains, string key) => grains.GetGrain<IObjectGrain>(ObjectKey.Of(Options.Pool, Name, key));

    /// <summary>Counts a call in, unless there are too many.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref calls) <= CallsMax)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref calls);
}

/// <summary>The kinds of objects that this silo serves; fixed at start.</summary>
internal sealed class ObjectRegistry(IEnumerable<ServedObject> objects)
{
    private readonly FrozenDictionary<string, ServedObject> all = objects.ToFrozenDictionary(o => o.Name, StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public IEnumerable<ServedObject> All => all.Values.OrderBy(o => o.Name, StringComparer.Ordinal);

    public ServedObject? Find(string name) => all.GetValueOrDefault(name);

    /// <summary>Served names that a caller may have meant.</summary>
    public IReadOnlyList<string> Near(string name) => NearNames.Of(name, all.Keys);
}
