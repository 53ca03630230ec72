namespace Hearth.Jobs;

/// <summary>The shard, as its limits see it.</summary>
internal interface IShardLimitsHost
{
    /// <summary>On the store's clock, in ticks.</summary>
    long Now { get; }

    /// <summary>Jobs of a queue may start.</summary>
    void Ring(FunctionQueue queue);

    /// <summary>Any jobs may start.</summary>
    void RingAll();

    /// <summary>The id of a silo; empty for workers outside, and one that has gone.</summary>
    string NameOf(byte silo);

    /// <summary>The keeper of the queue's books is to be asked. Never answers before it returns.</summary>
    void Ask();

    /// <summary><see cref="ShardLimits.NextTime"/> is another.</summary>
    void Arm();

    /// <summary>Permits are to be stored, and <see cref="ShardLimits.Stored"/> or <see cref="ShardLimits.NotStored"/> called for them.</summary>
    void Store(Guid scope, long at, int count, long keptUntil);
}
