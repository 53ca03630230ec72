namespace Hearth.Jobs;

/// <summary>What holds back a shard's jobs besides its limits: what runs have asked for, and the circuit breaker.</summary>
/// <param name="Queue">All of its jobs wait; null: they do not.</param>
/// <param name="Keys">Keys whose jobs wait, the longest first; at most <see cref="KeysMax"/>.</param>
/// <param name="KeysHeld">How many there are.</param>
/// <param name="Breaker">Null: the queue has none.</param>
[GenerateSerializer]
[Immutable]
public sealed record ShardHolds(
    [property: Id(0)] HeldBack? Queue, [property: Id(1)] HeldBack[] Keys, [property: Id(2)] int KeysHeld, [property: Id(3)] BreakerView? Breaker)
{
    /// <summary>Keys that are shown.</summary>
    public const int KeysMax = 20;
}

/// <summary>Jobs that wait because a run has asked for it.</summary>
/// <param name="Key">Theirs; null: those without one, or all of the queue.</param>
/// <param name="Until">None of them starts before.</param>
/// <param name="Since">When they began to wait.</param>
[GenerateSerializer]
[Immutable]
public sealed record HeldBack([property: Id(0)] string? Key, [property: Id(1)] DateTimeOffset Until, [property: Id(2)] DateTimeOffset Since);

/// <summary>A shard's circuit breaker.</summary>
/// <param name="State">What may start.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Attempts that failed: of those that count now, or those that have opened it and the probes since; null: a former owner has counted.</param>
/// <param name="NextProbe">When the next attempt may start; null: now.</param>
/// <param name="Probes">Probes that run.</param>
[GenerateSerializer]
[Immutable]
public sealed record BreakerView(
    [property: Id(0)] BreakerState State, [property: Id(1)] DateTimeOffset Since, [property: Id(2)] int? Failures, [property: Id(3)] DateTimeOffset? NextProbe,
    [property: Id(4)] int Probes);

/// <summary>What a circuit breaker lets start.</summary>
public enum BreakerState
{
    /// <summary>Everything.</summary>
    Closed,

    /// <summary>A few attempts, to find out.</summary>
    HalfOpen,

    /// <summary>Nothing.</summary>
    Open,
}
