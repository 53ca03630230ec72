using Hearth.Cluster;

namespace Hearth.Jobs;

/// <summary>What is special about a queue.</summary>
public sealed class QueueOptions
{
    /// <summary>
    /// The pool whose silos run its jobs. Default <c>default</c>. A queue that is there already keeps the pool that it was made with.
    /// </summary>
    public string Pool { get; set; } = PoolName.Default;
}
