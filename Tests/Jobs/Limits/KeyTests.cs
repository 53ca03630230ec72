using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Turns, order and concurrency of keys.</summary>
public sealed class KeyTests
{
    [Fact]
    public void Twenty_tenants_with_few_jobs_are_delayed_by_one_with_many_by_one_turn_each()
    {
        var rig = new LimitsRig(new QueueLimits { Fair = true });
        for (var i = 0; i < 100_000; i++)
            rig.Add("big");
        for (var i = 0; i < 15; i++)
        {
            for (var tenant = 0; tenant < 20; tenant++)
                rig.Add($"small {tenant}");
        }

        var order = Enumerable.Range(0, 21 * 15).Select(_ => rig.Start()!.Group!.Key).ToList();
        foreach (var round in order.Chunk(21))
            Assert.Equal(21, round.Distinct().Count());
    }

    [Fact]
    public void A_key_gets_as_many_jobs_in_its_turn_as_it_weighs()
    {
        var rig = new LimitsRig(new QueueLimits { Fair = true, Weights = new Dictionary<string, int> { ["a"] = 3 } });
        for (var i = 0; i < 9; i++)
            (_, _) = (rig.Add("a"), rig.Add("b"));
        Assert.Equal("aaabaaabaaabbbbbbb", string.Concat(Enumerable.Range(0, 18).Select(_ => rig.Start()!.Group!.Key)));
    }

    [Fact]
    public void Without_turns_the_oldest_goes_first_whatever_its_key()
    {
        var rig = new LimitsRig(new QueueLimits { KeyConcurrency = 100 });
        var random = new Random(5);
        var jobs = Enumerable.Range(0, 500).Select(_ => rig.Add(random.Next(3) == 0 ? null : $"{random.Next(9)}")).ToList();
        Assert.Equal(jobs.Take(100), Enumerable.Range(0, 100).Select(_ => rig.Start()!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_of_which_all_jobs_ended_in_their_line_is_offered_once_when_it_has_new_ones(bool fair)
    {
        var rig = new LimitsRig(new QueueLimits { KeyConcurrency = 1, Fair = fair });
        rig.Add("a", function: "other");
        foreach (var job in Enumerable.Range(0, 4_096).Select(_ => rig.Add("a")).ToList())
            rig.End(job);
        Assert.Equal(0, rig.Memory.QueueOf("f")!.Count);
        var next = rig.Add("a");
        Assert.Equal(next, rig.Start());
        rig.End(next);
        Assert.Null(rig.Start());
        Assert.False(rig.Memory.QueueOf("f")!.HasOffers);
    }

    [Fact]
    public void A_job_that_names_no_priority_has_that_of_the_queue_in_lines_by_key_too()
    {
        var rig = new LimitsRig(new QueueLimits { Fair = true });
        rig.Memory.SetPriority(1);
        var second = rig.Add("a", priority: 2);
        var first = rig.Add("b");
        Assert.Equal([first, second], [rig.Start()!, rig.Start()!]);
    }

    [Fact]
    public void A_job_of_the_last_priority_goes_first_when_it_has_waited_for_long()
    {
        var rig = new LimitsRig(new QueueLimits { Ageing = TimeSpan.FromSeconds(10) });
        var old = rig.Add(priority: 5);
        for (var second = 0; second < 60; second++)
        {
            rig.Now += TimeSpan.TicksPerSecond;
            rig.Add(priority: 1);
            rig.Add(priority: 1);
            if (rig.Start() != old)
                continue;
            Assert.InRange(second, 39, 45);
            return;
        }

        Assert.Fail("It did not start in a minute.");
    }

    [Fact]
    public void A_key_at_its_limit_holds_up_no_other_and_is_rung_for_when_one_of_its_jobs_ends()
    {
        var rig = new LimitsRig(new QueueLimits { KeyConcurrency = 2 });
        for (var i = 0; i < 100; i++)
            rig.Add("a");
        for (var i = 0; i < 10; i++)
            rig.Add($"b{i}");
        var started = rig.Answer();
        Assert.Equal(12, started.Count);
        Assert.Equal(2, started.Count(job => job.Group!.Key == "a"));
        Assert.False(rig.Memory.QueueOf("f")!.HasOffers);
        rig.End(started[0]);
        Assert.Single(rig.Answer());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_that_is_at_its_limit_on_a_silo_keeps_its_turn_for_others(bool fair)
    {
        var rig = new LimitsRig(new QueueLimits { KeyConcurrencyPerSilo = 2, Fair = fair });
        for (var i = 0; i < 6; i++)
            rig.Add("a");
        for (var i = 0; i < 3; i++)
            rig.Add("b");
        var first = StartAll(1);
        Assert.Equal("aabb", string.Concat(first.Select(job => job.Group!.Key).Order()));
        Assert.True(rig.Memory.QueueOf("f")!.HasOffers);
        Assert.Equal("a", rig.Start(silo: 2)!.Group!.Key);
        Assert.Equal("ab", string.Concat(StartAll(2).Select(job => job.Group!.Key).Order()));
        // Workers outside are no silo.
        Assert.NotNull(rig.Start(silo: Holders.Outside));
        rig.Rung.Clear();
        rig.End(first.First(job => job.Group!.Key == "a"));
        Assert.Contains("f", rig.Rung);
        Assert.Equal("a", Assert.Single(StartAll(1)).Group!.Key);
        Assert.False(rig.Memory.QueueOf("f")!.HasOffers);

        List<JobEntry> StartAll(byte silo)
        {
            var started = new List<JobEntry>();
            while (rig.Start(silo: silo) is { } job)
                started.Add(job);
            return started;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Jobs_of_a_key_run_one_after_the_other_as_they_came_through_retries(int seed)
    {
        var random = new Random(seed);
        var rig = new LimitsRig(new QueueLimits { KeyOrder = true });
        var open = new Dictionary<string, List<JobEntry>>();
        var (running, retrying, total) = (new List<JobEntry>(), new List<JobEntry>(), 0);
        while (total < 2_000 || open.Count > 0)
        {
            switch (random.Next(4))
            {
                case 0 when total < 2_000:
                    var key = $"{random.Next(20)}";
                    var added = rig.Add(key, (byte)random.Next(1, 6), $"f{random.Next(3)}");
                    (open.TryGetValue(key, out var line) ? line : open[key] = []).Add(added);
                    total++;
                    break;
                case 1 when running.Count > 0:
                    var ended = Out(running);
                    open[ended.Group!.Key!].Remove(ended);
                    if (open[ended.Group.Key!].Count == 0)
                        open.Remove(ended.Group.Key!);
                    rig.End(ended);
                    break;
                case 2 when running.Count > 0:
                    var failed = Out(running);
                    LimitsRig.Fail(failed);
                    retrying.Add(failed);
                    break;
                case 3 when retrying.Count > 0:
                    rig.Retry(Out(retrying));
                    break;
            }

            foreach (var job in rig.Answer())
            {
                Assert.Same(open[job.Group!.Key!][0], job);
                running.Add(job);
            }

            // None waits that could run.
            Assert.Equal(open.Count, running.Count + retrying.Count);
        }

        Assert.Equal(0, rig.Memory.Keys.Count);

        JobEntry Out(List<JobEntry> from)
        {
            var job = from[random.Next(from.Count)];
            from.Remove(job);
            return job;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void As_many_run_as_may_and_never_more_and_nobody_has_to_poll(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var limits = new QueueLimits
            {
                Concurrency = random.Next(2) == 0 ? random.Next(1, 20) : null,
                KeyConcurrency = random.Next(2) == 0 ? random.Next(1, 4) : null,
                KeyRates = random.Next(2) == 0 ? [new RateLimit(random.Next(1, 5), TimeSpan.FromSeconds(random.Next(2) == 0 ? 1 : 60), random.Next(2) == 0 ? 2 : null)] : null,
                Rates = random.Next(2) == 0 ? [new RateLimit(random.Next(1, 9), TimeSpan.FromSeconds(2)), new RateLimit(40, TimeSpan.FromSeconds(30))] : null,
                Fair = random.Next(2) == 0,
            };
            RunToTheEnd(limits, random);
        }
    }

    [Fact]
    public void Limits_change_while_jobs_run_and_wait()
    {
        var rig = new LimitsRig(new QueueLimits { Concurrency = 3, Rates = [new RateLimit(5, TimeSpan.FromSeconds(1))] });
        for (var i = 0; i < 20; i++)
            rig.Add($"{i % 4}");
        var started = rig.Answer();
        Assert.Equal(3, started.Count);
        // The three that run count, and so do the starts.
        rig.Use(new QueueLimits { KeyConcurrency = 1, Rates = [new RateLimit(4, TimeSpan.FromSeconds(1))] });
        rig.RingAll();
        Assert.Single(rig.Answer());
        rig.Use(new QueueLimits { KeyOrder = true });
        rig.RingAll();
        Assert.Empty(rig.Answer());
        foreach (var job in started)
            rig.End(job);
        Assert.Equal(3, rig.Answer().Count);
    }

    [Fact]
    public void Keys_without_jobs_cost_nothing_once_their_windows_are_over()
    {
        var rig = new LimitsRig(new QueueLimits { KeyRates = [new RateLimit(1, TimeSpan.FromSeconds(5)), new RateLimit(10, TimeSpan.FromMinutes(1), 3)] });
        for (var i = 0; i < 1_000; i++)
            rig.Add($"{i}");
        while (rig.Memory.Open > 0)
        {
            foreach (var job in rig.Answer())
                rig.End(job);
            rig.Arrive();
        }

        Assert.Equal(1_000, rig.Memory.Keys.Count);
        while (rig.Limits!.NextTime is var next && next < long.MaxValue)
        {
            rig.Now = next;
            rig.Limits.Tick();
        }

        Assert.Equal(0, rig.Memory.Keys.Count);
    }

    private static void RunToTheEnd(QueueLimits limits, Random random)
    {
        var rig = new LimitsRig(limits);
        var starts = new List<(string Key, long At)>();
        var running = new List<JobEntry>();
        for (var i = 0; i < 60; i++)
            rig.Add($"{random.Next(5)}", (byte)random.Next(1, 6), $"f{random.Next(2)}");
        while (rig.Memory.Open > 0)
        {
            foreach (var job in rig.Answer())
            {
                running.Add(job);
                starts.Add((job.Group!.Key!, rig.Now));
            }

            Assert.True(running.Count <= (limits.Concurrency ?? int.MaxValue));
            Assert.True(running.GroupBy(job => job.Group).All(key => key.Count() <= (limits.KeyConcurrency ?? int.MaxValue)));
            if (running.Count > 0 && random.Next(3) > 0)
            {
                var ended = running[random.Next(running.Count)];
                running.Remove(ended);
                rig.End(ended);
            }

            rig.Arrive();
            if (rig.Limits!.NextTime is var next && next < long.MaxValue && random.Next(2) == 0)
            {
                rig.Now = Math.Max(rig.Now, next);
                rig.Limits.Tick();
            }
            else if (running.Count == 0 && rig.Rung.Count == 0 && rig.Memory.Open > 0)
            {
                Assert.True(next < long.MaxValue, $"Nothing is left that would start the next job: {limits}.");
            }
        }

        foreach (var rate in limits.Rates ?? [])
            RateTests.AssertWithin(rate, [.. starts.Select(start => start.At)]);
        foreach (var rate in limits.KeyRates ?? [])
        {
            foreach (var key in starts.GroupBy(start => start.Key))
                RateTests.AssertWithin(rate, [.. key.Select(start => start.At)]);
        }
    }
}
