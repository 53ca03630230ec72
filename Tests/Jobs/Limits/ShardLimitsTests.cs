using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A shard with limits: its pump, its owners, its store.</summary>
public sealed class ShardLimitsTests : JobWorldTests
{
    public ShardLimitsTests() => world.Concurrency = 16;

    [Fact]
    public async Task No_more_run_at_once_than_may_and_the_next_starts_when_one_ends()
    {
        Limit(new QueueLimits { Concurrency = 3 });
        var silo = await world.StartAsync();
        var jobs = new List<JobId>();
        for (var i = 0; i < 10; i++)
            jobs.Add(await silo.SubmitAsync("hold", $"g{i}"));
        for (var ended = 0; ended < 10; ended++)
        {
            await JobWorld.EventuallyAsync(() => world.Runs.Count == Math.Min(10, ended + 3), $"{ended + 3} have started");
            world.Gate($"g{ended}").SetResult();
            await world.EndAsync(jobs[ended]);
        }
    }

    [Fact]
    public async Task Jobs_that_wait_for_their_next_attempt_do_not_count_as_running()
    {
        Limit(new QueueLimits { Concurrency = 1 });
        var silo = await world.StartAsync();
        world.Script = (_, _) => throw JobOutcome.Snooze(TimeSpan.FromHours(1));
        var snoozed = await silo.SubmitAsync("script");
        await world.StateAsync(silo, snoozed, JobState.Scheduled);
        await world.EndAsync(await silo.SubmitAsync("echo"));
    }

    [Fact]
    public async Task A_silo_runs_no_more_than_its_share()
    {
        Limit(new QueueLimits { ConcurrencyPerSilo = 2 });
        var silo = await world.StartAsync("hold");
        for (var i = 0; i < 6; i++)
            await silo.SubmitAsync("outside", "x");
        silo.View.Set(TestView.SiloOf(silo.View.Self), TestView.SiloOf("other"));
        var (mine, other) = (silo.NextCall(), new PumpCall("other", 1));
        Assert.Equal(2, (await silo.Shard.LeaseAsync("outside", 5, mine)).Length);
        Assert.Equal(2, (await silo.Shard.LeaseAsync("outside", 5, other)).Length);
        Assert.Empty(await silo.Shard.LeaseAsync("outside", 5, silo.NextCall()));
    }

    [Fact]
    public async Task A_silo_runs_no_more_jobs_of_a_key_than_its_share_and_does_not_ask_for_them_all_the_time()
    {
        Limit(new QueueLimits { KeyConcurrencyPerSilo = 1 });
        var silo = await world.StartAsync();
        var jobs = new List<JobId>();
        for (var i = 0; i < 3; i++)
            jobs.Add(await silo.SubmitAsync("hold", "g", new JobOptions { Key = "k" }));
        await world.RunsAsync(jobs[0]);
        await world.EndAsync(await silo.SubmitAsync("echo", "", new JobOptions { Key = "k2" }));
        await JobWorld.PauseAsync();
        var calls = silo.NextCall().Number;
        await JobWorld.PauseAsync();
        Assert.InRange(silo.NextCall().Number - calls, 1, 5);
        Assert.Single(world.Runs, run => run.Function == "hold");
        // The next owner knows what runs.
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await JobWorld.EventuallyAsync(async () => (await DepthAsync(silo)).Running == 1, "the new owner knows what runs");
        silo.View.Set(TestView.SiloOf(silo.View.Self), TestView.SiloOf("other"));
        Assert.Single(await silo.Shard.LeaseAsync("hold", 5, new PumpCall("other", 1)));
        Assert.Single(world.Runs, run => run.Function == "hold");
        world.Gate("g").SetResult();
        await world.EndAsync(jobs[0]);
        await JobWorld.EventuallyAsync(() => world.Runs.Count(run => run.Function == "hold") == 2, "the next starts here");
    }

    [Fact]
    public async Task A_new_owner_counts_what_still_runs_and_starts_nothing_before_it_knows()
    {
        Limit(new QueueLimits { Concurrency = 2 });
        var silo = await world.StartAsync();
        var running = await silo.SubmitAsync("hold", "a");
        await world.RunsAsync(running);
        var next = await silo.SubmitAsync("hold", "b");
        await world.RunsAsync(next);
        var waiting = await silo.SubmitAsync("hold", "c");
        // The owner changes, and the pump with its runs stays.
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await JobWorld.EventuallyAsync(async () => (await DepthAsync(silo)).Running == 2, "the new owner knows what runs");
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(waiting));
        world.Gate("a").SetResult();
        await world.RunsAsync(waiting);
        world.OpenAll();
        await world.EndAsync(waiting);
        Assert.Equal(3, world.Runs.Count);
    }

    [Fact]
    public async Task Jobs_of_a_key_keep_their_order_through_failures_snoozes_and_owners()
    {
        Limit(new QueueLimits { KeyOrder = true });
        var silo = await world.StartAsync();
        world.Script = (context, _) => context.Attempt switch
        {
            1 => throw new InvalidOperationException(),
            2 => throw JobOutcome.Snooze(TimeSpan.FromMinutes(1)),
            _ => Task.FromResult(""),
        };
        var jobs = new List<JobId>();
        for (var i = 0; i < 3; i++)
            jobs.Add(await silo.SubmitAsync("script", $"{i}", new JobOptions { Key = "k", Priority = (byte)(5 - i), Retry = new RetryPolicy(3, TimeSpan.FromSeconds(5)) }));
        await world.EndAsync(await silo.SubmitAsync("echo", "", new JobOptions { Key = "other" }));
        await world.StateAsync(silo, jobs[0], JobState.Retrying);
        silo.Crash();
        silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        foreach (var job in jobs)
            await world.EndLaterAsync(job, TimeSpan.FromSeconds(1));
        var order = world.Runs.Where(run => run.Function == "script").Select(run => jobs.IndexOf(run.Id)).ToList();
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public async Task A_key_in_the_input_counts_and_survives_owners()
    {
        Limit(new QueueLimits { Key = "$", KeyConcurrency = 1 });
        var silo = await world.StartAsync();
        var first = await silo.SubmitAsync("hold", "a");
        await world.RunsAsync(first);
        var second = await silo.SubmitAsync("hold", "a");
        await world.EndAsync(await silo.SubmitAsync("echo", "b"));
        Assert.Equal("a", (await world.Store.FindAsync(second, CancellationToken.None))!.Key);
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(second));
        world.OpenAll();
        await world.EndAsync(second);
    }

    [Fact]
    public async Task Starts_keep_to_the_rate_and_none_waits_longer_than_it_must()
    {
        var limit = new RateLimit(5, TimeSpan.FromSeconds(2));
        Limit(new QueueLimits { Rates = [limit] });
        var silo = await world.StartAsync();
        for (var i = 0; i < 23; i++)
            await silo.SubmitAsync("echo");
        var began = world.Clock.GetUtcNow();
        for (var window = 1; window <= 5; window++)
        {
            await JobWorld.EventuallyAsync(() => world.Runs.Count == Math.Min(23, window * 5), $"{window * 5} have started");
            await SettledAsync(silo);
            world.Clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(began + TimeSpan.FromSeconds(8), world.Runs.Last().At);
        RateTests.AssertWithin(limit, [.. world.Runs.Select(run => run.At.UtcTicks).Order()]);
    }

    [Fact]
    public async Task Permits_of_a_long_window_are_stored_before_they_are_used_and_counted_by_the_next_owner()
    {
        var limit = new RateLimit(32, TimeSpan.FromHours(1));
        Limit(new QueueLimits { Rates = [limit] });
        var silo = await world.StartAsync();
        for (var i = 0; i < 40; i++)
            await silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 32, "all have started that may");
        silo.Crash();
        silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        await JobWorld.EventuallyAsync(async () => (await DepthAsync(silo)).Ready == 8, "it is recovered");
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await JobWorld.PauseAsync();
        Assert.Equal(32, world.Runs.Count);
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                return world.Runs.Count == 40;
            },
            "the rest starts when the hour is over");
        RateTests.AssertWithin(limit, [.. world.Runs.Select(run => run.At.UtcTicks).Order()]);
    }

    [Fact]
    public async Task While_permits_cannot_be_stored_nothing_starts()
    {
        Limit(new QueueLimits { Rates = [new RateLimit(100, TimeSpan.FromHours(1))] });
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        silo.Store.OnWrite = write =>
        {
            if (write.Permits.Length > 0)
                silo.Store.FailNextWrite();
        };
        var id = await silo.SubmitAsync("echo");
        for (var i = 0; i < 5; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await JobWorld.PauseAsync();
        }

        Assert.Empty(world.Runs);
        silo.Store.OnWrite = _ => { };
        await world.EndLaterAsync(id, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_owner_that_ends_in_order_hands_its_count_over()
    {
        Limit(new QueueLimits { Rates = [new RateLimit(6, TimeSpan.FromSeconds(8))] });
        var silo = await world.StartAsync();
        for (var i = 0; i < 4; i++)
            await world.EndAsync(await silo.SubmitAsync("echo"));
        await world.Clock.AdvanceUntilAsync(silo.StopAsync(), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
        silo.Crash();
        silo = await world.StartAsync();
        for (var i = 0; i < 5; i++)
            await silo.SubmitAsync("echo");
        // Two are left of the six, at once; an owner that knows nothing would let eight seconds pass.
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 6, "two more start");
        await JobWorld.PauseAsync();
        Assert.Equal(6, world.Runs.Count);
    }

    [Fact]
    public async Task Limits_change_without_a_restart()
    {
        var silo = await world.StartAsync();
        await LimitAsync(silo, new QueueLimits { Concurrency = 1 });
        var first = await silo.SubmitAsync("hold", "a", new JobOptions { Key = "k" });
        await world.RunsAsync(first);
        for (var i = 0; i < 3; i++)
            await silo.SubmitAsync("hold", "b", new JobOptions { Key = $"{i}" });
        await JobWorld.PauseAsync();
        Assert.Single(world.Runs);
        await LimitAsync(silo, new QueueLimits { KeyConcurrency = 1 });
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 4, "keys have their own bounds now");
        await silo.SubmitAsync("hold", "b", new JobOptions { Key = "k" });
        await JobWorld.PauseAsync();
        Assert.Equal(4, world.Runs.Count);
        await LimitAsync(silo, null);
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 5, "there are no limits any more");
    }

    [Fact]
    public async Task Workers_outside_get_no_more_than_may_start_and_sleep_until_there_is_more()
    {
        Limit(new QueueLimits { Concurrency = 2, Rates = [new RateLimit(50, TimeSpan.FromSeconds(1))] });
        var silo = await world.StartAsync();
        for (var i = 0; i < 4; i++)
            await silo.SubmitAsync("outside", "x");
        var ask = new OutsideAsk(["outside"], 10, "w", TimeSpan.FromMinutes(1));
        var taken = await silo.Shard.LeaseOutsideAsync(ask);
        Assert.Equal(2, taken.Length);
        var ready = silo.Shard.ReadyOutsideAsync(["outside"], CancellationToken.None);
        await JobWorld.PauseAsync();
        Assert.False(ready.IsCompleted);
        await silo.Shard.CompleteOutsideAsync([new JobResult(taken[0].Lease.Id, 1, AttemptOutcome.Succeeded, default, default)]);
        await ready.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(await silo.Shard.LeaseOutsideAsync(ask));
    }

    [Fact]
    public async Task Ends_of_cancelled_and_expired_jobs_let_the_next_of_their_key_go()
    {
        Limit(new QueueLimits { KeyOrder = true });
        var silo = await world.StartAsync();
        var options = new JobOptions { Key = "k" };
        var running = await silo.SubmitAsync("stuck", "a", options);
        await world.RunsAsync(running);
        var expires = await silo.SubmitAsync("echo", "", options with { ExpireAfter = TimeSpan.FromSeconds(5) });
        var last = await silo.SubmitAsync("echo", "", options);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("expired", (await world.EndAsync(expires)).ErrorType);
        Assert.Empty(world.RunsOf(last));
        await silo.Shard.CancelAsync(running);
        await world.EndAsync(last);
    }

    [Theory]
    [InlineData(BackOff.Job, 2)]
    [InlineData(BackOff.Key, 1)]
    [InlineData(BackOff.Queue, 0)]
    public async Task A_run_that_is_told_to_wait_holds_back_those_who_go_there_as_well(BackOff backOff, int others)
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) => context.Attempt == 1
            ? throw JobOutcome.RetryAfter(TimeSpan.FromMinutes(5), "503", backOff: backOff)
            : Task.FromResult("");
        var told = await silo.SubmitAsync("script", "", new JobOptions { Key = "a" });
        await world.StateAsync(silo, told, JobState.Retrying);
        var same = await silo.SubmitAsync("echo", "", new JobOptions { Key = "a" });
        var other = await silo.SubmitAsync("echo", "", new JobOptions { Key = "b" });
        if (others > 0)
            await world.EndAsync(other);
        if (others > 1)
            await world.EndAsync(same);
        world.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await JobWorld.PauseAsync();
        Assert.Equal(1 + others, world.Runs.Count);
        foreach (var job in new[] { told, same, other })
            await world.EndLaterAsync(job, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>Nothing is written and nothing ends while they wait: only time goes by.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    public async Task Jobs_that_may_have_killed_a_silo_wait_for_a_rate_and_start_when_it_has_room(int seconds)
    {
        var silo = await world.StartAsync("nothing");
        var jobs = new[] { await silo.SubmitAsync("echo"), await silo.SubmitAsync("echo"), await silo.SubmitAsync("echo") };
        await world.CrashAsync(silo, jobs);
        Limit(new QueueLimits { Rates = [new RateLimit(1, TimeSpan.FromSeconds(seconds))] });
        silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        foreach (var job in jobs)
            Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(job, TimeSpan.FromMilliseconds(500))).State);
    }

    private void Limit(QueueLimits limits) => world.Given = new QueueDefinition { Limits = limits };

    private static Task LimitAsync(JobSilo silo, QueueLimits? limits) =>
        silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Limits = limits }, QueueCondition.None);

    /// <summary>The depth, also just after the shard has changed hands.</summary>
    private static async Task<ShardDepth> DepthAsync(JobSilo silo)
    {
        try
        {
            return await silo.Shard.DepthAsync();
        }
        catch (Exception e) when (e is StoreUnavailableException or Orleans.Runtime.OrleansException)
        {
            return default;
        }
    }

    private static Task SettledAsync(JobSilo silo) =>
        JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Running == 0, "what runs has ended");
}
