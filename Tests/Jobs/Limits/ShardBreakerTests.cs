using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A shard with a circuit breaker: its pump, its owners, its store.</summary>
public sealed class ShardBreakerTests : JobWorldTests
{
    private static readonly QueueBreaker Rule = new(1, Pause: TimeSpan.FromMinutes(10));

    [Fact]
    public async Task Jobs_held_by_an_open_breaker_keep_their_attempts_and_nobody_asks_for_them_until_the_pause_is_over()
    {
        var silo = await world.StartAsync();
        await DefineAsync(silo, new QueueBreaker(1, Pause: TimeSpan.FromMinutes(10), Probes: 1));
        var failed = await silo.SubmitAsync("fail", options: new JobOptions { Retry = new RetryPolicy(Attempts: 1) });
        await world.EndAsync(failed);
        var waiting = new List<JobId>();
        for (var i = 0; i < 20; i++)
            waiting.Add(await silo.SubmitAsync("echo"));
        await JobWorld.PauseAsync();
        var before = silo.NextCall().Number;
        for (var i = 0; i < 10; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(50));
            await JobWorld.PauseAsync();
        }

        // Each of the pump's calls has a number.
        Assert.Equal(before + 1, silo.NextCall().Number);
        Assert.Single(world.Runs);
        foreach (var job in waiting)
            await world.EndLaterAsync(job, TimeSpan.FromSeconds(1));
        Assert.All(waiting, job => Assert.Equal(1, Assert.Single(world.RunsOf(job)).Attempt));
    }

    [Fact]
    public async Task A_worker_whose_lease_runs_out_counts_as_a_failure_and_gets_nothing_while_it_is_open()
    {
        var silo = await world.StartAsync();
        await DefineAsync(silo, new QueueBreaker(1, Pause: TimeSpan.FromMinutes(10)));
        await silo.SubmitAsync("outside");
        await silo.SubmitAsync("outside");
        var ask = new OutsideAsk(["outside"], 1, "w", TimeSpan.FromSeconds(10));
        Assert.Single(await silo.Shard.LeaseOutsideAsync(ask));
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        await JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Holds?.Breaker?.State == BreakerState.Open, "it is open");
        Assert.Empty(await silo.Shard.LeaseOutsideAsync(ask));
        var ready = silo.Shard.ReadyOutsideAsync(["outside"], CancellationToken.None);
        Assert.False(ready.IsCompleted);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await ready.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(await silo.Shard.LeaseOutsideAsync(ask with { Max = 2 }));
    }

    /// <summary>Only the slot that becomes free asks. Nothing else is due, runs or ends after that.</summary>
    [Fact]
    public async Task Jobs_that_were_ready_when_it_opened_start_after_the_pause()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        await DefineAsync(silo, Rule);
        var busy = await silo.SubmitAsync("hold", "first");
        await world.RunsAsync(busy);
        world.Gate("second").SetResult();
        var waiting = await silo.SubmitAsync("hold", "second");
        await silo.SubmitAsync("outside");
        var opens = Assert.Single(await silo.Shard.LeaseAsync("outside", 1, silo.NextCall()));
        await silo.Shard.CompleteAsync([Failed(opens)]);
        world.Gate("first").SetResult();
        await world.EndAsync(busy);
        await AssertStartsAfterThePauseAsync(silo, waiting);
    }

    [Fact]
    public async Task Jobs_of_a_new_owner_start_after_the_pause_that_the_former_one_began()
    {
        var silo = await world.StartAsync();
        await DefineAsync(silo, Rule);
        await world.EndAsync(await silo.SubmitAsync("fail", options: new JobOptions { Retry = new RetryPolicy(Attempts: 1) }));
        var waiting = await silo.SubmitAsync("echo");
        silo.Crash();
        await AssertStartsAfterThePauseAsync(await NextAsync(), waiting);
    }

    [Fact]
    public async Task A_reset_that_was_not_stored_is_when_it_is_asked_for_again()
    {
        var silo = await OpenAsync();
        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(silo.Shard.EndBackOffAsync);
        await silo.Shard.EndBackOffAsync();
        Assert.Equal(BreakerState.Closed, await StateOfNextOwnerAsync(silo));
    }

    [Fact]
    public async Task One_that_is_defined_anew_is_closed_for_the_next_owner_though_its_end_was_not_stored()
    {
        var silo = await OpenAsync();
        silo.Store.FailNextWrite();
        await DefineAsync(silo, null);
        await DefineAsync(silo, Rule);
        // Stored after what the shard has gathered before.
        await silo.SubmitAsync("echo");
        Assert.Equal(BreakerState.Closed, await StateOfNextOwnerAsync(silo));
    }

    [Fact]
    public async Task An_opening_that_was_not_stored_is_with_the_attempt_when_that_is_told_again()
    {
        var silo = await OpenAsync(isToldTwice: true);
        Assert.Equal(BreakerState.Open, await StateOfNextOwnerAsync(silo));
    }

    private static Task DefineAsync(JobSilo silo, QueueBreaker? breaker) =>
        silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Breaker = breaker }, QueueCondition.None);

    private static async Task<BreakerState?> StateAsync(JobSilo silo) => (await silo.Shard.DepthAsync()).Holds?.Breaker?.State;

    /// <summary>A silo that runs nothing, with a breaker that was opened by what the test has leased.</summary>
    private async Task<JobSilo> OpenAsync(bool isToldTwice = false)
    {
        var silo = await world.StartAsync("nothing");
        await DefineAsync(silo, Rule);
        await silo.SubmitAsync("echo");
        var lease = Assert.Single(await silo.Shard.LeaseAsync("echo", 1, silo.NextCall()));
        JobResult[] failed = [Failed(lease)];
        if (isToldTwice)
        {
            silo.Store.FailNextWrite();
            await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.Shard.CompleteAsync(failed));
        }

        await silo.Shard.CompleteAsync(failed);
        Assert.Equal(BreakerState.Open, await StateAsync(silo));
        return silo;
    }

    /// <summary>The last attempt.</summary>
    private JobResult Failed(JobLease lease) =>
        new(lease.Id, lease.Attempt, AttemptOutcome.Failed, world.Store.Now, world.Store.Now, Error: "down", Extras: new AttemptExtras(Retry: new RetryPolicy(Attempts: 1)));

    private async Task<BreakerState?> StateOfNextOwnerAsync(JobSilo silo)
    {
        silo.Crash();
        return await StateAsync(await NextAsync());
    }

    private async Task<JobSilo> NextAsync()
    {
        var silo = await world.StartAsync();
        // Once its jobs are recovered.
        await silo.Shard.ReadInboxAsync();
        return silo;
    }

    /// <summary>Nobody asks from outside, and only time goes by.</summary>
    private async Task AssertStartsAfterThePauseAsync(JobSilo silo, JobId waiting)
    {
        await JobWorld.EventuallyAsync(async () => await StateAsync(silo) == BreakerState.Open, "it is open");
        // The pump has asked, and knows that there is nothing.
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(waiting));
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(waiting, TimeSpan.FromSeconds(1))).State);
    }
}
