using Hearth.Hosting;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>How long ended jobs are kept: as their queue says, else as the configuration does.</summary>
internal sealed class RetentionRules
{
    public static readonly TimeSpan Min = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Max = TimeSpan.FromDays(3_650);

    private readonly Retention ofAll;
    private readonly Func<string, QueueRetention?> ofQueue;

    /// <param name="options">The configuration.</param>
    /// <param name="ofQueue">What a queue says itself; null: nothing.</param>
    /// <exception cref="StartException">A time cannot be; the message says which.</exception>
    public RetentionRules(RetentionOptions options, Func<string, QueueRetention?> ofQueue)
    {
        this.ofQueue = ofQueue;
        ofAll = new Retention(
            Read(nameof(options.Succeeded), options.Succeeded), Read(nameof(options.Failed), options.Failed), Read(nameof(options.Cancelled), options.Cancelled));
    }

    /// <summary>What holds now, for the shards that there are.</summary>
    public Retention Of(IReadOnlyList<ShardRow> shards)
    {
        var special = new Dictionary<int, Retention>();
        foreach (var shard in shards)
        {
            if (ofQueue(ShardKey.QueueOf(shard.Key)) is { } own)
                special[shard.Number] = new Retention(own.Succeeded ?? ofAll.Succeeded, own.Failed ?? ofAll.Failed, own.Cancelled ?? ofAll.Cancelled);
        }

        return ofAll with { Shards = special };
    }

    private static TimeSpan? Read(string name, string? text) => text is null ? null
        : DurationText.Parse(text) is { } time && time >= Min && time <= Max ? time
        : throw new StartException($"Hearth:Retention:{name} '{text}' must be a duration such as 12h or 30d, from 1 minute to 3,650 days.");
}
