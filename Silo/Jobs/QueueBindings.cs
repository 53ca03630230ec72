using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>What is special about which queue: as the code says, and above it the configuration.</summary>
internal sealed class QueueBindings
{
    private readonly Dictionary<string, QueueDefinition> definitions = new(StringComparer.Ordinal);

    /// <exception cref="StartException">A name cannot be; the message says where.</exception>
    public QueueBindings(IEnumerable<QueueRegistration> fromCode, HearthOptions options)
    {
        foreach (var (name, queue) in fromCode.Select(q => (q.Name, q.Options)))
            Bind("Queue", name, queue);
        foreach (var (name, queue) in options.Queues)
            Bind("Hearth:Queues", name, queue);
    }

    /// <summary>By queue.</summary>
    public IReadOnlyDictionary<string, QueueDefinition> All => definitions;

    /// <summary>The pool of a queue that is not there yet.</summary>
    public string PoolOf(string queue) => definitions.GetValueOrDefault(queue, QueueDefinition.Default).Pool;

    private void Bind(string where, string name, QueueOptions queue)
    {
        if (!QueueName.IsValid(name))
            throw new StartException($"{where} '{name}': {QueueName.Rule}.");
        if (!PoolName.IsValid(queue.Pool))
            throw new StartException($"{where} '{name}': pool '{queue.Pool}': {PoolName.Rule}.");
        var definition = queue.ToDefinition();
        if (QueueRules.Check(name, definition) is { } mistake)
            throw new StartException($"{where} '{name}': {mistake.Detail}");
        definitions[name] = definition;
    }
}

/// <summary>A queue that the application's code added.</summary>
internal sealed record QueueRegistration(string Name, QueueOptions Options);
