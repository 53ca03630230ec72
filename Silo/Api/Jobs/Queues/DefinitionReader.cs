using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Api.Jobs.Queues;

/// <summary>Reads a queue's definition as it was sent, and checks it.</summary>
internal static class DefinitionReader
{
    private static readonly string[] Known =
        ["pool", "shards", "paused", "depthMax", "retry", "timeout", "priority", "retention", "limits", "deadLetters", "breaker"];

    private static readonly string[] KnownLimits =
    [
        "rates", "concurrency", "concurrencyPerSilo", "key", "keyRates", "keyConcurrency", "keyConcurrencyPerSilo", "keyOrder", "fair", "weights", "ageing",
    ];

    private static readonly string[] KnownBreaker = ["failures", "of", "within", "pause", "pauseMax", "probes"];

    private static readonly string[] KnownRate = ["starts", "per", "burst"];

    /// <param name="queue">The queue's name.</param>
    /// <param name="json">What was sent.</param>
    /// <param name="lenient">Whether numbers and booleans may be text, because it came as XML.</param>
    /// <param name="given">What is left out is as here.</param>
    /// <param name="registry">Has the function for dead letters.</param>
    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public static QueueDefinition Read(string queue, JsonElement json, bool lenient, QueueDefinition given, FunctionRegistry registry)
    {
        var fields = new DefinitionFields(json, "", lenient, Known);
        var definition = new QueueDefinition
        {
            Pool = fields.Text("pool") ?? given.Pool,
            Shards = fields.Whole("shards") ?? given.Shards,
            Paused = fields.Flag("paused") ?? given.Paused,
            DepthMax = fields.Whole("depthMax") ?? given.DepthMax,
            Retry = Retry(fields.Object("retry", JobMembers.Retry)) ?? given.Retry,
            Timeout = fields.Duration("timeout") ?? given.Timeout,
            Priority = Priority(fields) ?? given.Priority,
            Retention = Retention(fields.Object("retention", "succeeded", "failed", "cancelled")) ?? given.Retention,
            Limits = Limits(fields.Object("limits", KnownLimits)) ?? given.Limits,
            DeadLetters = fields.Object("deadLetters", "queue", "function") is { } letters
                ? new DeadLetters(letters.Needed("queue"), letters.Needed("function"))
                : given.DeadLetters,
            Breaker = Breaker(fields.Object("breaker", KnownBreaker)) ?? given.Breaker,
        };
        if (QueueRules.Check(queue, definition) is { } mistake)
            throw new JobRejectedException(Problems.InvalidInput(mistake.Detail, mistake.Field));
        if (definition.DeadLetters is { Function: var function } && registry.Find(function) is null)
        {
            var unknown = Problems.UnknownFunction(function, registry.Near(function));
            throw new JobRejectedException(Problems.InvalidInput(unknown.Detail!, "deadLetters.function") with { Choices = unknown.Choices });
        }

        return definition;
    }

    private static byte? Priority(DefinitionFields fields) => fields.Whole("priority") is not { } priority ? null
        : priority is >= 1 and <= 5 ? (byte)priority
        : throw fields.Rejected("priority", string.Create(CultureInfo.InvariantCulture, $"must be 1 to 5, not {priority}"));

    private static RetryPolicy? Retry(DefinitionFields? fields) => fields is null ? null : new RetryPolicy(
        fields.Whole("attempts") ?? RetryPolicy.Default.Attempts, fields.Duration("initial"), fields.Number("factor") ?? RetryPolicy.Default.Factor,
        fields.Duration("cap"), fields.Number("jitter") ?? RetryPolicy.Default.Jitter, fields.Texts("nonRetryable"));

    private static QueueRetention? Retention(DefinitionFields? fields) => fields is null ? null : new QueueRetention(
        fields.Duration("succeeded"), fields.Duration("failed"), fields.Duration("cancelled"));

    private static QueueBreaker? Breaker(DefinitionFields? fields) => fields is null ? null : new QueueBreaker(
        fields.Whole("failures") ?? throw fields.Rejected("failures", "is missing: say how many failures open it"),
        fields.Whole("of"), fields.Duration("within"), fields.Duration("pause"), fields.Duration("pauseMax"), fields.Whole("probes") ?? 1);

    private static QueueLimits? Limits(DefinitionFields? fields) => fields is null ? null : new QueueLimits
    {
        Rates = Rates(fields.Objects("rates", KnownRate)),
        Concurrency = fields.Whole("concurrency"),
        ConcurrencyPerSilo = fields.Whole("concurrencyPerSilo"),
        Key = fields.Text("key"),
        KeyRates = Rates(fields.Objects("keyRates", KnownRate)),
        KeyConcurrency = fields.Whole("keyConcurrency"),
        KeyConcurrencyPerSilo = fields.Whole("keyConcurrencyPerSilo"),
        KeyOrder = fields.Flag("keyOrder") ?? false,
        Fair = fields.Flag("fair") ?? false,
        Weights = Weights(fields.Object("weights")),
        Ageing = fields.Duration("ageing"),
    };

    private static IReadOnlyList<RateLimit>? Rates(IReadOnlyList<DefinitionFields>? rates) => rates is null ? null : [.. rates.Select(rate => new RateLimit(
        rate.Whole("starts") ?? throw rate.Rejected("starts", "is missing: say how many may start"),
        rate.Duration("per") ?? throw rate.Rejected("per", "is missing: say in what time, such as \"1s\""),
        rate.Whole("burst")))];

    private static IReadOnlyDictionary<string, int>? Weights(DefinitionFields? fields) =>
        fields?.Names.ToDictionary(name => name, name => fields.Whole(name)!.Value, StringComparer.Ordinal);
}
