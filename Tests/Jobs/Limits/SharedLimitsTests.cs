using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Limits of a queue of several shards over random histories. HEARTH_SEED runs one seed.</summary>
public sealed class SharedLimitsTests
{
    [Fact]
    public async Task Never_more_than_the_limits_whoever_dies_and_whatever_is_lost_and_nobody_waits_for_ever()
    {
        var starts = await Seeds.RunAsync(150, seed =>
        {
            var random = new Random(seed);
            var limits = LimitsOf(random);
            return Task.FromResult(Check(limits, new SharedHistory(limits, shards: random.Next(2, 6), random.Next())));
        });
        Assert.InRange(starts, 1_000, int.MaxValue);
    }

    [Fact]
    public void Without_the_count_of_former_keepers_a_window_has_more_starts() => Assert.ThrowsAny<Exception>(() =>
    {
        var limits = new QueueLimits { Rates = [new RateLimit(5, TimeSpan.FromSeconds(9))] };
        for (var seed = 0; seed < 100; seed++)
            Check(limits, new SharedHistory(limits, 3, seed) { Forgets = true });
    });

    [Fact]
    public void Without_meeting_the_shards_a_new_keeper_lets_more_run_than_may() => Assert.ThrowsAny<Exception>(() =>
    {
        var limits = new QueueLimits { Concurrency = 4 };
        for (var seed = 0; seed < 100; seed++)
            Check(limits, new SharedHistory(limits, 3, seed) { MeetsNobody = true });
    });

    [Theory]
    [InlineData(50, 1, null, 30)]
    [InlineData(50, 1, 10, 30)]
    [InlineData(2_000, 1, null, 10)]
    [InlineData(600, 60, null, 300)]
    [InlineData(1_000, 3_600, null, 9_000)]
    public void Shards_that_never_run_dry_reach_over_80_percent_of_the_limit_and_each_its_part(int starts, int seconds, int? burst, int length)
    {
        var limit = new RateLimit(starts, TimeSpan.FromSeconds(seconds), burst);
        var queue = new SharedHistory(new QueueLimits { Rates = [limit] }, shards: 4, seed: 1);
        queue.Calm(TimeSpan.FromSeconds(length), 100_000, 100_000, 100_000, 100_000);
        var wanted = (double)starts * length / seconds;
        Assert.InRange(queue.Starts.Count, 0.8 * wanted, wanted + (burst ?? starts));
        RateTests.AssertWithin(limit, [.. queue.Starts.Select(start => start.At)]);
        foreach (var shard in queue.Starts.GroupBy(start => start.Shard))
            Assert.InRange(shard.Count(), 0.15 * queue.Starts.Count, 0.35 * queue.Starts.Count);
    }

    [Fact]
    public void Slots_are_never_long_without_a_job()
    {
        var queue = new SharedHistory(new QueueLimits { Concurrency = 6 }, shards: 3, seed: 1) { RunsFor = TimeSpan.FromMilliseconds(50) };
        queue.Calm(TimeSpan.FromSeconds(10), 100_000, 100_000, 100_000);
        Assert.InRange(queue.Starts.Count, 0.8 * 6 * 10 / 0.05, 6 * 10 / 0.05);
    }

    [Fact]
    public void A_shard_with_one_job_does_not_wait_for_those_with_many()
    {
        var queue = new SharedHistory(new QueueLimits { Rates = [new RateLimit(10, TimeSpan.FromSeconds(5))] }, shards: 4, seed: 1);
        queue.Calm(TimeSpan.FromSeconds(11), 0, 100_000, 100_000, 100_000);
        var before = queue.Starts[^1].At;
        queue.Calm(TimeSpan.FromSeconds(20), 1);
        var own = Assert.Single(queue.Starts, start => start.Shard == 0);
        Assert.InRange(TimeSpan.FromTicks(own.At - before), TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    private static int Check(QueueLimits limits, SharedHistory queue)
    {
        queue.Run(steps: 1_500);
        var before = queue.Starts.Count;
        var longest = limits.Rates?.Max(rate => Math.Max(rate.Per.Ticks, rate.Burst is { } burst ? burst * rate.Per.Ticks / rate.Starts : 0)) ?? 0;
        queue.End();
        queue.Calm(TimeSpan.FromTicks(8 * longest) + TimeSpan.FromSeconds(20), [.. Enumerable.Repeat(10_000, queue.Shards)]);
        foreach (var rate in limits.Rates ?? [])
            RateTests.AssertWithin(rate, [.. queue.Starts.Select(start => start.At)]);
        var calm = queue.Starts.Skip(before).GroupBy(start => start.Shard);
        Assert.True(calm.Count() == queue.Shards, $"Of {queue.Shards} shards {string.Join(", ", calm.Select(shard => shard.Key))} started jobs, of {limits}.");
        return queue.Starts.Count;
    }

    private static QueueLimits LimitsOf(Random random) => random.Next(4) switch
    {
        0 => new QueueLimits { Concurrency = random.Next(1, 6) },
        1 => new QueueLimits { Rates = [Rate(random)] },
        2 => new QueueLimits { Rates = [Rate(random), Rate(random)], Concurrency = random.Next(1, 9) },
        _ => new QueueLimits { Rates = random.Next(2) == 0 ? [Rate(random)] : null, ConcurrencyPerSilo = random.Next(1, 4), Concurrency = random.Next(2) == 0 ? 5 : null },
    };

    private static RateLimit Rate(Random random) =>
        new(random.Next(1, 40), TimeSpan.FromSeconds(random.Next(1, 16)), random.Next(2) == 0 ? null : random.Next(1, 30));
}
