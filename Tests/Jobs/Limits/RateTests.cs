using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Rates over random histories, with owners that die, beside the definition: so many starts in any window.</summary>
public sealed class RateTests
{
    private static readonly Gen<RateLimit> Limits =
        from starts in Gen.Choose(1, 40)
        from seconds in Gen.Elements(1, 2, 7, 10, 11, 60, 600)
        from burst in Gen.Elements(0, 0, 1, 3, 20, 200)
        select new RateLimit(starts, TimeSpan.FromSeconds(seconds), burst == 0 ? null : burst);

    [Fact]
    public void No_window_ever_has_more_starts_than_the_limit_though_owners_die_at_any_moment() =>
        Prop.ForAll((from limits in Limits.ArrayOf(2) from seed in Gen.Choose(0, int.MaxValue) select (limits, seed)).ToArbitrary(), history =>
        {
            var starts = new OwnerHistory(history.limits, history.seed).Run(steps: 400, canDie: true);
            foreach (var limit in history.limits)
                AssertWithin(limit, starts);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Without_the_count_of_former_owners_a_window_has_more_starts() => Assert.ThrowsAny<Exception>(() =>
        Prop.ForAll((from limits in Limits.ArrayOf(1) from seed in Gen.Choose(0, int.MaxValue) select (limits, seed)).ToArbitrary(), history =>
        {
            var starts = new OwnerHistory(history.limits, history.seed) { Forgets = true }.Run(steps: 400, canDie: true);
            foreach (var limit in history.limits)
                AssertWithin(limit, starts);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300)));

    [Theory]
    [InlineData(50, 1, null, 60)]
    [InlineData(50, 1, 10, 60)]
    [InlineData(3_000, 60, null, 600)]
    [InlineData(7, 10, null, 100)]
    [InlineData(1_000, 3_600, null, 18_000)]
    public void A_queue_that_never_runs_dry_reaches_over_90_percent_of_its_limit(int starts, int seconds, int? burst, int length)
    {
        var limit = new RateLimit(starts, TimeSpan.FromSeconds(seconds), burst);
        var begun = OwnerHistory.Saturated(limit, TimeSpan.FromSeconds(length));
        Assert.InRange(begun.Count, 0.9 * starts * length / seconds, (starts * (double)length / seconds) + (burst ?? starts));
        AssertWithin(limit, begun);
    }

    [Theory]
    [InlineData(15_000, null)]
    [InlineData(15_000, 15_000)]
    public void A_crash_loses_at_most_a_block_of_a_days_permits(int starts, int? burst)
    {
        var limit = new RateLimit(starts, TimeSpan.FromDays(1), burst);
        var owner = new OwnerHistory([limit], seed: 1);
        owner.StartUpTo(4_000);
        owner.Die();
        owner.StartUpTo(int.MaxValue);
        Assert.InRange(owner.Starts.Count, starts - ((starts + 15) / 16), starts);
    }

    [Fact]
    public void An_owner_that_hands_over_loses_nothing()
    {
        foreach (var limit in new[] { new RateLimit(15_000, TimeSpan.FromDays(1)), new RateLimit(40, TimeSpan.FromSeconds(5)), new RateLimit(40, TimeSpan.FromHours(1), 40) })
        {
            var owner = new OwnerHistory([limit], seed: 1);
            owner.StartUpTo(30);
            owner.HandOver();
            owner.StartUpTo(int.MaxValue);
            Assert.InRange(owner.Starts.Count, limit.Starts, limit.Starts + 1);
            AssertWithin(limit, owner.Starts);
        }
    }

    /// <summary>A block of permits would be over each time before it is there.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(32)]
    public void A_slow_store_makes_starts_late_and_does_not_stop_them(int? burst)
    {
        var limit = new RateLimit(32, TimeSpan.FromSeconds(32), burst);
        var rig = new LimitsRig(new QueueLimits { Rates = [limit] });
        for (var i = 0; i < 20; i++)
            rig.Add();
        var starts = new List<long>();
        for (var round = 0; round < 60; round++)
        {
            starts.AddRange(rig.Answer().Select(_ => rig.Now));
            rig.Now += TimeSpan.FromSeconds(3).Ticks;
            rig.Arrive();
            rig.Limits!.Tick();
        }

        Assert.Equal(20, starts.Count);
        AssertWithin(limit, starts);
    }

    /// <summary>The bucket before is stored, and the one after matters for five seconds only.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_bucket_that_is_not_stored_any_more_has_the_permits_of_its_block(bool isThere)
    {
        var rig = new LimitsRig(new QueueLimits { Rates = [new RateLimit(1, TimeSpan.FromSeconds(20), 1)] });
        rig.Add();
        Assert.Empty(rig.Answer());
        if (isThere)
            rig.Arrive();
        rig.Use(new QueueLimits { Rates = [new RateLimit(4, TimeSpan.FromSeconds(20), 1)] });
        rig.RingAll();
        var started = rig.Answer().Count;
        rig.Arrive();
        Assert.Equal(1, started + rig.Answer().Count);
        rig.Now += TimeSpan.FromSeconds(5).Ticks;
        rig.Add();
        Assert.Single(rig.Answer());
    }

    /// <summary>Nobody wanted them, or the store was slow: later blocks are good for longer. That ends.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Blocks_that_are_used_up_early_are_good_for_a_short_time_again(bool isGranted)
    {
        var (now, hour, rows) = (0L, TimeSpan.FromHours(1).Ticks, new List<(long At, int Count)>());
        var permits = new RatePermits(StartRate.Of(new RateLimit(160, TimeSpan.FromHours(1)), now), Guid.Empty);
        Assert.Equal(hour / 32, Take());
        for (var i = 0; i < 5; i++)
        {
            now += hour + TimeSpan.TicksPerMinute;
            Assert.Equal(hour / 16 << i, Take());
        }

        for (var i = 0; i < 5; i++)
        {
            for (var starts = permits.Room(now); starts > 0; starts--)
            {
                permits.Reserve(now);
                if (isGranted)
                    permits.UseGranted(1, now, now);
                else
                    permits.Use(now);
            }

            now += hour + TimeSpan.TicksPerMinute;
            Assert.Equal(hour / 2 >> i, Take());
        }

        long Take()
        {
            Assert.True(permits.TryTakeBlock(now, rows));
            permits.Stored();
            return rows[^1].At - now;
        }
    }

    [Fact]
    public void What_a_window_remembers_has_bounds()
    {
        var window = new SlidingWindow(new RateLimit(1_000_000, TimeSpan.FromDays(31)));
        for (var i = 0; i < 900_000; i++)
        {
            window.Reserve(1);
            window.Use(1, i * TimeSpan.TicksPerSecond * 2);
        }

        Assert.InRange(window.Recent(900_000 * TimeSpan.TicksPerSecond * 2).Count(), 1, 200);
    }

    /// <summary>By the definition, start by start.</summary>
    internal static void AssertWithin(RateLimit limit, IReadOnlyList<long> starts)
    {
        for (var (first, last) = (0, 0); last < starts.Count; last++)
        {
            if (limit.Burst is null)
            {
                while (starts[first] <= starts[last] - limit.Per.Ticks)
                    first++;
                Assert.True(last - first + 1 <= limit.Starts, $"{last - first + 1} starts in a window of {limit}.");
                continue;
            }

            // In any time t at most burst + starts * t / per.
            for (var from = Math.Max(0, last - 2_000); from <= last; from++)
            {
                var most = (Int128)limit.Burst.Value + ((Int128)(starts[last] - starts[from]) * limit.Starts / limit.Per.Ticks);
                Assert.True(last - from + 1 <= most, $"{last - from + 1} starts in {TimeSpan.FromTicks(starts[last] - starts[from])} of {limit}.");
            }
        }
    }
}
