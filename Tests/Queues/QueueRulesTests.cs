using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Queues;

/// <summary>What a queue's definition may say.</summary>
public sealed class QueueRulesTests
{
    public static TheoryData<string, QueueDefinition> Mistakes => new()
    {
        { "pool", new QueueDefinition { Pool = "No pool" } },
        { "shards", new QueueDefinition { Shards = 0 } },
        { "shards", new QueueDefinition { Shards = 65 } },
        { "depthMax", new QueueDefinition { DepthMax = 0 } },
        { "depthMax", new QueueDefinition { DepthMax = 5_000_001 } },
        { "depthMax", new QueueDefinition { DepthMax = 3, Shards = 4 } },
        { "retry.attempts", new QueueDefinition { Retry = new RetryPolicy(Attempts: 0) } },
        { "timeout", new QueueDefinition { Timeout = TimeSpan.Zero } },
        { "timeout", new QueueDefinition { Timeout = TimeSpan.FromHours(25) } },
        { "priority", new QueueDefinition { Priority = 0 } },
        { "priority", new QueueDefinition { Priority = 6 } },
        { "retention.failed", new QueueDefinition { Retention = new QueueRetention(Failed: TimeSpan.FromSeconds(1)) } },
        { "retention.succeeded", new QueueDefinition { Retention = new QueueRetention(Succeeded: TimeSpan.FromDays(4_000)) } },
        { "limits.rates", new QueueDefinition { Limits = new QueueLimits { Rates = [.. Enumerable.Repeat(Rate, 5)] } } },
        { "limits.rates[1].starts", new QueueDefinition { Limits = new QueueLimits { Rates = [Rate, Rate with { Starts = 0 }] } } },
        { "limits.keyRates[0].per", new QueueDefinition { Limits = new QueueLimits { KeyRates = [Rate with { Per = TimeSpan.FromMilliseconds(999) }] } } },
        { "limits.rates[0].per", new QueueDefinition { Limits = new QueueLimits { Rates = [Rate with { Per = TimeSpan.FromDays(32) }] } } },
        { "limits.rates[0].burst", new QueueDefinition { Limits = new QueueLimits { Rates = [Rate with { Burst = 0 }] } } },
        { "limits.concurrency", new QueueDefinition { Limits = new QueueLimits { Concurrency = 0 } } },
        { "limits.concurrencyPerSilo", new QueueDefinition { Limits = new QueueLimits { ConcurrencyPerSilo = -1 } } },
        { "limits.key", new QueueDefinition { Limits = new QueueLimits { Key = "customer" } } },
        { "limits.key", new QueueDefinition { Limits = new QueueLimits { Key = "$.a..b" } } },
        { "limits.key", new QueueDefinition { Limits = new QueueLimits { Key = "$.a[x]" } } },
        { "limits.key", new QueueDefinition { Limits = new QueueLimits { Key = "$.a[*]" } } },
        { "limits.keyConcurrency", new QueueDefinition { Limits = new QueueLimits { KeyConcurrency = 0 } } },
        { "limits.keyConcurrency", new QueueDefinition { Limits = new QueueLimits { KeyConcurrency = 2, KeyOrder = true } } },
        { "limits.keyConcurrencyPerSilo", new QueueDefinition { Limits = new QueueLimits { KeyConcurrencyPerSilo = 0 } } },
        { "limits.keyConcurrencyPerSilo", new QueueDefinition { Limits = new QueueLimits { KeyConcurrencyPerSilo = 2, KeyOrder = true } } },
        { "limits.weights", new QueueDefinition { Limits = new QueueLimits { Weights = new Dictionary<string, int> { ["a"] = 1 } } } },
        { "limits.weights.a", new QueueDefinition { Limits = new QueueLimits { Fair = true, Weights = new Dictionary<string, int> { ["a"] = 1_001 } } } },
        { "limits.ageing", new QueueDefinition { Limits = new QueueLimits { Ageing = TimeSpan.FromMilliseconds(1) } } },
        { "deadLetters.queue", new QueueDefinition { DeadLetters = new DeadLetters("No queue", "f") } },
        { "deadLetters.queue", new QueueDefinition { DeadLetters = new DeadLetters("mail", "f") } },
        { "breaker.of", new QueueDefinition { Breaker = new QueueBreaker(5, Of: 4) } },
        { "breaker.pauseMax", new QueueDefinition { Breaker = new QueueBreaker(5, Pause: TimeSpan.FromMinutes(1), PauseMax: TimeSpan.FromSeconds(59)) } },
        { "deadLetters.function", new QueueDefinition { DeadLetters = new DeadLetters("dead", "No function") } },
    };

    private static RateLimit Rate => new(1, TimeSpan.FromSeconds(1));

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_names_its_field_and_says_what_to_do(string field, QueueDefinition definition)
    {
        var mistake = QueueRules.Check("mail", definition)!;
        Assert.Equal(field, mistake.Field);
        Assert.True(mistake.Detail.Length > 20 && mistake.Detail.EndsWith('.'), mistake.Detail);
    }

    [Fact]
    public void What_is_within_the_bounds_is_taken()
    {
        Assert.Null(QueueRules.Check("mail", QueueDefinition.Default));
        Assert.Null(QueueRules.Check("mail", new QueueDefinition { Shards = 2, Limits = new QueueLimits { Rates = [Rate], Concurrency = 1, ConcurrencyPerSilo = 1 } }));
        Assert.Null(QueueRules.Check("mail", new QueueDefinition { Shards = 64, DepthMax = 64, Limits = new QueueLimits { KeyRates = [Rate], KeyConcurrency = 1, Fair = true } }));
        Assert.Null(QueueRules.Check("mail", new QueueDefinition
        {
            Pool = "gpu", DepthMax = 1, Retry = new RetryPolicy(), Timeout = TimeSpan.FromHours(24), Priority = 5,
            Retention = new QueueRetention(TimeSpan.FromMinutes(1), TimeSpan.FromDays(3_650)),
            Limits = new QueueLimits
            {
                Key = "$.lines[0].sku", Rates = [Rate, Rate with { Starts = 1_000_000, Per = TimeSpan.FromDays(31), Burst = 1 }], Concurrency = 1, KeyConcurrency = 1, KeyOrder = true, Fair = true,
                Weights = new Dictionary<string, int> { ["a b"] = 1_000 }, Ageing = TimeSpan.FromMinutes(1),
            },
            DeadLetters = new DeadLetters("dead", "bury"),
            Breaker = new QueueBreaker(20, 50, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30), TimeSpan.FromHours(1), 3),
        }));
        Assert.Null(QueueRules.Check("mail", new QueueDefinition { Shards = 2, Limits = new QueueLimits { Key = "$.customer.id" } }));
    }
}
