using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A shard with a circuit breaker: its pump, its owners, its store.</summary>
public sealed class ShardBreakerTests : IAsyncDisposable
{
    private readonly JobWorld world = new();

    public ValueTask DisposeAsync() => world.DisposeAsync();

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

    private static Task DefineAsync(JobSilo silo, QueueBreaker breaker) =>
        silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Breaker = breaker }, QueueCondition.None);
}
