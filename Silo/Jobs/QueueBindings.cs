using Hearth.Cluster;
using Hearth.Hosting;

namespace Hearth.Jobs;

/// <summary>Which queues are bound to which pool: as the code says, and above it the configuration.</summary>
internal sealed class QueueBindings
{
    private readonly Dictionary<string, string> pools = new(StringComparer.Ordinal);

    /// <exception cref="StartException">A name cannot be; the message says where.</exception>
    public QueueBindings(IEnumerable<QueueRegistration> fromCode, HearthOptions options)
    {
        foreach (var (name, queue) in fromCode.Select(q => (q.Name, q.Options)))
            Bind("Queue", name, queue);
        foreach (var (name, queue) in options.Queues)
            Bind("Hearth:Queues", name, queue);
    }

    /// <summary>Pools by queue.</summary>
    public IReadOnlyDictionary<string, string> All => pools;

    /// <summary>The pool of a queue that is not there yet.</summary>
    public string PoolOf(string queue) => pools.GetValueOrDefault(queue, PoolName.Default);

    private void Bind(string where, string name, QueueOptions queue)
    {
        if (!QueueName.IsValid(name))
            throw new StartException($"{where} '{name}': {QueueName.Rule}.");
        if (!PoolName.IsValid(queue.Pool))
            throw new StartException($"{where} '{name}': pool '{queue.Pool}': {PoolName.Rule}.");
        pools[name] = queue.Pool;
    }
}

/// <summary>A queue that the application's code added.</summary>
internal sealed record QueueRegistration(string Name, QueueOptions Options);
