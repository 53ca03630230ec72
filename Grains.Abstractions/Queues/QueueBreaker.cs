namespace Hearth.Queues;

/// <summary>
/// A circuit breaker: when attempts of a queue's jobs fail, none starts for a while, then a few to find out. Each shard has one of its own.
/// </summary>
/// <param name="Failures">So many failures open it, 1 to <see cref="QueueRules.BreakerAttemptsMax"/>.</param>
/// <param name="Of">Of so many attempts, the last ones; null: as many as <paramref name="Failures"/>, which is so many in a row.</param>
/// <param name="Within">Attempts that ended longer ago do not count, 1 s to 1 day; null: they do.</param>
/// <param name="Pause">For how long nothing starts, 1 s to 1 day; doubled each time that a probe fails. Null: 30 s.</param>
/// <param name="PauseMax">The longest pause, up to 1 day; null: 10 minutes, or <paramref name="Pause"/> if that is longer.</param>
/// <param name="Probes">Attempts that run at once after a pause, 1 to <see cref="QueueRules.BreakerProbesMax"/>: the first that succeeds closes it, the first that fails opens it again.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.queue-breaker")]
public sealed record QueueBreaker(
    [property: Id(0)] int Failures, [property: Id(1)] int? Of = null, [property: Id(2)] TimeSpan? Within = null, [property: Id(3)] TimeSpan? Pause = null,
    [property: Id(4)] TimeSpan? PauseMax = null, [property: Id(5)] int Probes = 1);
