using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>What a circuit breaker does by the words of docs/reference/queues-limits.md, worked out from all that has happened and nothing kept.</summary>
internal sealed class BreakerModel(QueueBreaker rule)
{
    private readonly List<(long At, bool Failed)> ends = [];
    private readonly List<(JobId Id, int Attempt)> probes = [];
    private long changedAt = long.MinValue;
    private long? openedAt;
    private int openings;

    private long OpenUntil => openedAt!.Value + (long)Math.Min((rule.Pause ?? TimeSpan.FromSeconds(30)).Ticks * Math.Pow(2, openings - 1), rule.PauseMax!.Value.Ticks);

    public BreakerState StateAt(long now) => openedAt is null ? BreakerState.Closed : now < OpenUntil ? BreakerState.Open : BreakerState.HalfOpen;

    /// <summary>When the state may change by itself; null: it does not.</summary>
    public long? NextProbe => openedAt is null ? null : OpenUntil;

    /// <summary>A job was handed out.</summary>
    public void Start(JobId id, int attempt, long now)
    {
        Assert.NotEqual(BreakerState.Open, StateAt(now));
        if (StateAt(now) == BreakerState.Closed)
            return;
        probes.Add((id, attempt));
        Assert.True(probes.Count <= rule.Probes, $"{probes.Count} probes run.");
    }

    /// <summary>An attempt is over.</summary>
    /// <param name="id">The job.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="startedAt">When it was handed out.</param>
    /// <param name="failed">Null: that says nothing.</param>
    /// <param name="now">Now.</param>
    public void End(JobId id, int attempt, long startedAt, bool? failed, long now)
    {
        var isProbe = probes.Remove((id, attempt)) && startedAt >= (openedAt is null ? long.MaxValue : OpenUntil);
        if (failed is not { } isFailure)
            return;
        if (StateAt(now) == BreakerState.HalfOpen && isProbe)
            Change(isFailure ? now : null, now);
        else if (StateAt(now) == BreakerState.Closed && startedAt >= changedAt)
            Count(isFailure, now);
    }

    public void Reset(long now) => Change(null, now);

    /// <summary>Another owner, which knows of nothing that runs.</summary>
    public void TakeOver(long now)
    {
        ends.Clear();
        probes.Clear();
        if (openedAt is null)
            changedAt = now;
    }

    private void Count(bool failed, long now)
    {
        ends.Add((now, failed));
        var counted = ends.TakeLast(rule.Of ?? rule.Failures).Count(end => end.Failed && (rule.Within is not { } within || end.At > now - within.Ticks));
        if (failed && counted >= rule.Failures)
            Change(now, now);
    }

    private void Change(long? opened, long now)
    {
        ends.Clear();
        (openedAt, changedAt) = (opened, now);
        openings = opened is null ? 0 : openings + 1;
    }
}
