using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>How long ended jobs are kept, by how they ended.</summary>
/// <param name="Succeeded">Default 7 days.</param>
/// <param name="Failed">Default 30 days: they are the dead letters.</param>
/// <param name="Cancelled">Default 7 days.</param>
public sealed record Retention(TimeSpan? Succeeded = null, TimeSpan? Failed = null, TimeSpan? Cancelled = null)
{
    private static readonly Dictionary<int, Retention> None = [];

    public TimeSpan SucceededFor => Succeeded ?? TimeSpan.FromDays(7);

    public TimeSpan FailedFor => Failed ?? TimeSpan.FromDays(30);

    public TimeSpan CancelledFor => Cancelled ?? TimeSpan.FromDays(7);

    /// <summary>Shards whose jobs are kept otherwise, by number.</summary>
    public IReadOnlyDictionary<int, Retention> Shards { get; init; } = None;

    /// <summary>The shortest of all.</summary>
    internal TimeSpan Least => Shards.Values.Append(this).Min(r => Min(r.SucceededFor, Min(r.FailedFor, r.CancelledFor)));

    /// <summary>What holds for a shard's jobs.</summary>
    public Retention Of(int shard) => Shards.GetValueOrDefault(shard, this);

    /// <summary>When a job must have ended to be forgotten now.</summary>
    /// <param name="state">How it ended.</param>
    /// <param name="now">On the store's clock.</param>
    public DateTimeOffset Before(JobState state, DateTimeOffset now) => now - state switch
    {
        JobState.Failed => FailedFor,
        JobState.Cancelled => CancelledFor,
        _ => SucceededFor,
    };

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
