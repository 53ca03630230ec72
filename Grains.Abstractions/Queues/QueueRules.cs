using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Queues;

/// <summary>The bounds of queue definitions, in one place, and what is said of one that is beyond them.</summary>
public static partial class QueueRules
{
    /// <summary>Shards of a queue that take new jobs.</summary>
    public const int ShardsMax = 64;

    /// <summary>Former sets of shards in which keys are still looked for; more changes of pool or shards within 7 days are refused.</summary>
    public const int GenerationsMax = 8;

    /// <summary>Rates of a queue, and of its keys.</summary>
    public const int RatesMax = 4;

    /// <summary>Starts of a rate, and burst of a token bucket.</summary>
    public const int StartsMax = 1_000_000;

    /// <summary>Jobs that run at once.</summary>
    public const int ConcurrencyMax = 1_000_000;

    /// <summary>Keys that have a weight of their own.</summary>
    public const int WeightsMax = 1_000;

    /// <summary>Jobs that a key gets in its turn.</summary>
    public const int WeightMax = 1_000;

    /// <summary>Characters of a key, and of the path to it.</summary>
    public const int KeyLengthMax = 255;

    /// <summary>Longest window of a rate.</summary>
    public static readonly TimeSpan PerMax = TimeSpan.FromDays(31);

    /// <summary>Shortest window of a rate, shortest ageing.</summary>
    public static readonly TimeSpan PerMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest ageing.</summary>
    public static readonly TimeSpan AgeingMax = TimeSpan.FromDays(7);

    /// <summary>Shortest time for which ended jobs are kept.</summary>
    public static readonly TimeSpan RetentionMin = TimeSpan.FromMinutes(1);

    /// <summary>Longest time for which ended jobs are kept.</summary>
    public static readonly TimeSpan RetentionMax = TimeSpan.FromDays(3_650);

    /// <summary>The first thing that is wrong, or null.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="definition">What is asked for.</param>
    public static JobMistake? Check(string queue, QueueDefinition definition) =>
        CheckLayout(definition)
        ?? Range("depthMax", definition.DepthMax, 1, JobLimits.QueueDepthMax)
        ?? (definition.DepthMax < definition.Shards
            ? new JobMistake("depthMax", Text($"depthMax must not be less than shards, which is {definition.Shards}: each shard takes its share of it."))
            : null)
        ?? (definition.Retry is { } retry ? JobRules.Check(retry, "retry.") : null)
        ?? Range("timeout", definition.Timeout, TimeSpan.FromMilliseconds(1), FunctionOptions.TimeoutMax)
        ?? Range("priority", definition.Priority, 1, 5)
        ?? (definition.Retention is { } retention ? Check(retention) : null)
        ?? (definition.Limits is { } limits ? Check(limits) : null)
        ?? (definition.DeadLetters is { } letters ? Check(queue, letters) : null)
        ?? (definition.Breaker is { } breaker ? Check(breaker) : null);

    private static JobMistake? CheckLayout(QueueDefinition definition) => !PoolName.IsValid(definition.Pool)
        ? new JobMistake("pool", $"'{Shown(definition.Pool)}' cannot be a pool: {PoolName.Rule}.")
        : Range("shards", definition.Shards, 1, ShardsMax);

    private static JobMistake? Check(QueueRetention retention) =>
        Range("retention.succeeded", retention.Succeeded, RetentionMin, RetentionMax)
        ?? Range("retention.failed", retention.Failed, RetentionMin, RetentionMax)
        ?? Range("retention.cancelled", retention.Cancelled, RetentionMin, RetentionMax);

    private static JobMistake? Check(string queue, DeadLetters letters)
    {
        if (!QueueName.IsValid(letters.Queue))
            return new JobMistake("deadLetters.queue", $"'{Shown(letters.Queue)}' cannot be a queue: {QueueName.Rule}.");
        if (letters.Queue == queue)
            return new JobMistake("deadLetters.queue", "deadLetters.queue must be another queue: one that failed would make another, without end.");
        return FunctionName.IsValid(letters.Function)
            ? null
            : new JobMistake("deadLetters.function", $"'{Shown(letters.Function)}' cannot be a function: {FunctionName.Rule}.");
    }

    private static JobMistake? Check(QueueLimits limits) =>
        Check("limits.rates", limits.Rates)
        ?? Range("limits.concurrency", limits.Concurrency, 1, ConcurrencyMax)
        ?? Range("limits.concurrencyPerSilo", limits.ConcurrencyPerSilo, 1, ConcurrencyMax)
        ?? CheckKey(limits.Key)
        ?? Check("limits.keyRates", limits.KeyRates)
        ?? Range("limits.keyConcurrency", limits.KeyConcurrency, 1, ConcurrencyMax)
        ?? Range("limits.keyConcurrencyPerSilo", limits.KeyConcurrencyPerSilo, 1, ConcurrencyMax)
        ?? (limits is { KeyOrder: true, KeyConcurrencyPerSilo: > 1 }
            ? new JobMistake("limits.keyConcurrencyPerSilo", "limits.keyOrder runs the jobs of a key one after the other: leave limits.keyConcurrencyPerSilo out, or keep one of them.")
            : null)
        ?? (limits is { KeyOrder: true, KeyConcurrency: > 1 }
            ? new JobMistake("limits.keyConcurrency", "limits.keyOrder runs the jobs of a key one after the other: leave limits.keyConcurrency out, or keep one of them.")
            : null)
        ?? CheckWeights(limits)
        ?? Range("limits.ageing", limits.Ageing, PerMin, AgeingMax);

    private static JobMistake? Check(string field, IReadOnlyList<RateLimit>? rates)
    {
        if (rates is null)
            return null;
        if (rates.Count > RatesMax)
            return new JobMistake(field, Text($"{field} has {rates.Count} entries; at most {RatesMax} are taken."));
        for (var i = 0; i < rates.Count; i++)
        {
            var each = Text($"{field}[{i}].");
            var mistake = Range(each + "starts", rates[i].Starts, 1, StartsMax)
                ?? Range(each + "per", rates[i].Per, PerMin, PerMax)
                ?? Range(each + "burst", rates[i].Burst, 1, StartsMax);
            if (mistake is not null)
                return mistake;
        }

        return null;
    }

    private static JobMistake? CheckKey(string? path) => path is null || (path.Length <= KeyLengthMax && KeyPath().IsMatch(path))
        ? null
        : new JobMistake("limits.key", Text($"limits.key must be the path of a member of the input such as $.customer.id or $.lines[0].sku, at most {KeyLengthMax} characters."));

    [GeneratedRegex(@"^\$((\.[^.\[\]*\p{Cc}]+)|(\[[0-9]{1,9}\]))+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyPath();

    private static JobMistake? CheckWeights(QueueLimits limits)
    {
        if (limits.Weights is not { } weights)
            return null;
        if (!limits.Fair)
            return new JobMistake("limits.weights", "limits.weights has no effect unless keys take turns: set limits.fair to true, or leave weights out.");
        if (weights.Count > WeightsMax)
            return new JobMistake("limits.weights", Text($"limits.weights has {weights.Count} keys; at most {WeightsMax} are taken."));
        foreach (var (key, weight) in weights)
        {
            if (!JobRules.IsText(key, KeyLengthMax))
                return new JobMistake("limits.weights", Text($"limits.weights must have keys of 1 to {KeyLengthMax} characters, without control characters and without spaces around them."));
            if (Range("limits.weights." + Shown(key), weight, 1, WeightMax) is { } mistake)
                return mistake;
        }

        return null;
    }

    private static JobMistake? Range(string field, int? value, int min, int max) =>
        value is null || (value >= min && value <= max) ? null : new JobMistake(field, Text($"{field} must be {min} to {max}, not {value}."));

    private static JobMistake? Range(string field, TimeSpan? value, TimeSpan min, TimeSpan max) =>
        value is null || (value >= min && value <= max) ? null : new JobMistake(field, $"{field} must be {Said(min)} to {Said(max)}.");

    private static string Said(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => Text($"{time.TotalDays:0}d"),
        { TotalHours: >= 1 } => Text($"{time.TotalHours:0}h"),
        { TotalMinutes: >= 1 } => Text($"{time.TotalMinutes:0}m"),
        { TotalSeconds: >= 1 } => Text($"{time.TotalSeconds:0}s"),
        _ => Text($"{time.TotalMilliseconds:0}ms"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string? text) => text is { Length: > 80 } ? text[..80] + "…" : text ?? "";
}
