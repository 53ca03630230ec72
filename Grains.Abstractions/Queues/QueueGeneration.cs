using System.Buffers.Binary;
using Hearth.Jobs;

namespace Hearth.Queues;

/// <summary>
/// Shards that take, or took, a queue's new jobs together. A change of pool or of the number of shards makes another generation; the shards of the
/// former take no new jobs and end those that they have.
/// </summary>
/// <param name="Pool">The pool of their keys.</param>
/// <param name="First">The number of the first of them.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Until">When the next generation took over, on the store's clock; null: this one takes new jobs.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-generation")]
public sealed record QueueGeneration(
    [property: Id(0)] string Pool, [property: Id(1)] int First, [property: Id(2)] int Count, [property: Id(3)] DateTimeOffset? Until = null)
{
    /// <summary>The key of one of its shards, counted from 0.</summary>
    public string KeyOf(string queue, int index) => ShardKey.Of(queue, Pool, First + index);

    /// <summary>The key of the shard that a hash belongs to: for as long as the generation lasts always the same.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="hash">At least 4 evenly spread bytes.</param>
    public string KeyFor(string queue, ReadOnlySpan<byte> hash) => KeyOf(queue, (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % (uint)Count));

    /// <summary>Whether a shard is one of its.</summary>
    public bool Has(string shard) => ShardKey.PoolOf(shard) == Pool && ShardKey.NumberOf(shard) is var n && n >= First && n < First + Count;
}
