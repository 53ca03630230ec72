using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>How a grain timer ticks.</summary>
public readonly struct GrainTimerCreationOptions()
{
    /// <summary>Ticks first after the one time, then always after the other; not interleaved, not keeping the grain alive.</summary>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period) : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>Time to the first tick; zero is at once, <see cref="Timeout.InfiniteTimeSpan"/> is not before <see cref="IGrainTimer.Change"/>.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>Time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for one tick only.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks run interleaved with calls. Default: no, a tick waits like a call.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as use, which puts off idle collection. Default: no.</summary>
    public bool KeepAlive { get; init; }
}
