using Hearth.Jobs;

namespace Hearth.Observability;

/// <summary>What a shard shows to whoever measures: written in the shard's turns, read from any thread, a moment old.</summary>
internal sealed class ShardGauge(string queue)
{
    public string Queue => queue;

    public volatile int Ready;
    public volatile int Scheduled;
    public volatile int Busy;

    /// <summary>The circuit breaker; null: the queue has none.</summary>
    public volatile CircuitBreaker? Breaker;

    private long oldest;

    /// <summary>When the oldest ready job was accepted, in Unix milliseconds; 0 when none is ready.</summary>
    public long Oldest
    {
        get => Volatile.Read(ref oldest);
        set => Volatile.Write(ref oldest, value);
    }
}
