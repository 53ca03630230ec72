using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Api.Jobs.Queues;

/// <summary>A queue's definition as the API shows it: what is not set is null; docs/reference/queues.md says what that means.</summary>
internal sealed record DefinitionDocument(
    string Pool, int Shards, bool Paused, int? DepthMax, RetryDocument? Retry, string? Timeout, int? Priority, RetentionDocument? Retention,
    LimitsDocument? Limits, DeadLettersDocument? DeadLetters, BreakerDocument? Breaker)
{
    public static DefinitionDocument From(QueueDefinition definition) => new(
        definition.Pool, definition.Shards, definition.Paused, definition.DepthMax,
        definition.Retry is { } retry ? RetryDocument.From(retry) : null,
        Text(definition.Timeout), definition.Priority,
        definition.Retention is { } kept ? new RetentionDocument(Text(kept.Succeeded), Text(kept.Failed), Text(kept.Cancelled)) : null,
        definition.Limits is { } limits ? LimitsDocument.From(limits) : null,
        definition.DeadLetters is { } letters ? new DeadLettersDocument(letters.Queue, letters.Function) : null,
        definition.Breaker is { } breaker ? BreakerDocument.From(breaker) : null);

    public static string? Text(TimeSpan? time) => time is { } duration ? DurationText.Write(duration) : null;
}

internal sealed record RetryDocument(int Attempts, string? Initial, double Factor, string? Cap, double Jitter, IReadOnlyList<string>? NonRetryable)
{
    public static RetryDocument From(RetryPolicy retry) => new(
        retry.Attempts, DefinitionDocument.Text(retry.Initial), retry.Factor, DefinitionDocument.Text(retry.Cap), retry.Jitter, retry.NonRetryable);
}

internal sealed record RetentionDocument(string? Succeeded, string? Failed, string? Cancelled);

internal sealed record DeadLettersDocument(string Queue, string Function);

internal sealed record BreakerDocument(int Failures, int? Of, string? Within, string? Pause, string? PauseMax, int Probes)
{
    public static BreakerDocument From(QueueBreaker breaker) => new(
        breaker.Failures, breaker.Of, DefinitionDocument.Text(breaker.Within), DefinitionDocument.Text(breaker.Pause), DefinitionDocument.Text(breaker.PauseMax),
        breaker.Probes);
}

internal sealed record RateDocument(int Starts, string Per, int? Burst);

internal sealed record LimitsDocument(
    IReadOnlyList<RateDocument>? Rates, int? Concurrency, int? ConcurrencyPerSilo, string? Key, IReadOnlyList<RateDocument>? KeyRates, int? KeyConcurrency,
    int? KeyConcurrencyPerSilo, bool KeyOrder, bool Fair, IReadOnlyDictionary<string, int>? Weights, string? Ageing)
{
    public static LimitsDocument From(QueueLimits limits) => new(
        Shown(limits.Rates), limits.Concurrency, limits.ConcurrencyPerSilo, limits.Key, Shown(limits.KeyRates), limits.KeyConcurrency, limits.KeyConcurrencyPerSilo, limits.KeyOrder,
        limits.Fair, limits.Weights, DefinitionDocument.Text(limits.Ageing));

    private static IReadOnlyList<RateDocument>? Shown(IReadOnlyList<RateLimit>? rates) =>
        rates is null ? null : [.. rates.Select(rate => new RateDocument(rate.Starts, DurationText.Write(rate.Per), rate.Burst))];
}
