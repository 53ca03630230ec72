namespace Hearth.Queues;

/// <summary>The bounds of queue definitions, in one place.</summary>
public static class QueueRules
{
    /// <summary>Shards of a queue that take new jobs.</summary>
    public const int ShardsMax = 64;
}
