using Hearth.Jobs;

namespace Hearth.Queues;

public static partial class QueueRules
{
    /// <summary>Attempts that a circuit breaker looks back at.</summary>
    public const int BreakerAttemptsMax = 1_000;

    /// <summary>Probes that run at once.</summary>
    public const int BreakerProbesMax = 100;

    /// <summary>Shortest pause of a circuit breaker, and shortest time that it looks back.</summary>
    public static readonly TimeSpan BreakerTimeMin = TimeSpan.FromSeconds(1);

    /// <summary>The longest of both.</summary>
    public static readonly TimeSpan BreakerTimeMax = TimeSpan.FromDays(1);

    private static JobMistake? Check(QueueBreaker breaker) =>
        Range("breaker.failures", breaker.Failures, 1, BreakerAttemptsMax)
        ?? Range("breaker.of", breaker.Of, 1, BreakerAttemptsMax)
        ?? (breaker.Of < breaker.Failures
            ? new JobMistake("breaker.of", Text($"breaker.of must not be less than breaker.failures, which is {breaker.Failures}: so many of the last attempts have to fail."))
            : null)
        ?? Range("breaker.within", breaker.Within, BreakerTimeMin, BreakerTimeMax)
        ?? Range("breaker.pause", breaker.Pause, BreakerTimeMin, BreakerTimeMax)
        ?? Range("breaker.pauseMax", breaker.PauseMax, BreakerTimeMin, BreakerTimeMax)
        ?? (breaker.PauseMax < (breaker.Pause ?? TimeSpan.FromSeconds(30))
            ? new JobMistake("breaker.pauseMax", "breaker.pauseMax must not be less than breaker.pause, which is 30s where it is left out.")
            : null)
        ?? Range("breaker.probes", breaker.Probes, 1, BreakerProbesMax);
}
