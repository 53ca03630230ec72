using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What happens to jobs at a time.</summary>
public sealed class TimingTests : JobWorldTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Retries_come_exactly_when_the_policy_says()
    {
        var silo = await world.StartAsync();
        var retry = new RetryPolicy(4, TimeSpan.FromSeconds(2), Factor: 3, Cap: TimeSpan.FromSeconds(10), Jitter: 0);
        var id = await silo.SubmitAsync("fail", "", new JobOptions { Retry = retry });
        var began = world.Clock.GetUtcNow();
        double[] waits = [2, 6, 10];
        for (var failures = 1; failures <= 3; failures++)
        {
            await world.StateAsync(silo, id, JobState.Retrying);
            world.Clock.Advance(TimeSpan.FromSeconds(waits[failures - 1]) - Ms);
            await JobWorld.PauseAsync();
            Assert.Equal(failures, world.RunsOf(id).Count);
            world.Clock.Advance(Ms);
            await world.RunsAsync(id, failures + 1);
        }

        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, 4, "InvalidOperationException"), (end.State, end.Attempt, end.ErrorType));
        Assert.Equal([0, 2, 8, 18], world.RunsOf(id).Select(run => (run.At - began).TotalSeconds));
        Assert.Equal([1, 2, 3], (await world.AttemptsAsync(id)).Where(a => a.Kind == AttemptKind.Failed).Select(a => a.Attempt));
    }

    [Fact]
    public async Task An_error_that_is_not_to_be_retried_ends_the_job_at_once()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("fail", "", new JobOptions { Retry = new RetryPolicy(NonRetryable: ["InvalidOperationException"]) });
        Assert.Equal((JobState.Failed, 1), ((await world.EndAsync(id)).State, world.RunsOf(id).Count));
    }

    [Fact]
    public async Task A_job_that_fails_and_then_succeeds_has_succeeded()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("flaky", "3", new JobOptions { Retry = new RetryPolicy(5, Jitter: 0) });
        var end = await world.EndLaterAsync(id, TimeSpan.FromSeconds(1));
        Assert.Equal((JobState.Succeeded, 3), (end.State, end.Attempt));
    }

    [Fact]
    public async Task A_delayed_job_starts_when_it_is_due_and_not_before()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromMinutes(5) });
        var due = world.Clock.GetUtcNow() + TimeSpan.FromHours(2);
        var later = await silo.SubmitAsync("echo", "", new JobOptions { DueAt = due });
        Assert.Equal(new ShardDepth(2, 0, 0, 0), await silo.Shard.DepthAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(5) - Ms);
        await JobWorld.PauseAsync();
        Assert.Empty(world.Runs);
        world.Clock.Advance(Ms);
        await world.EndAsync(id);
        Assert.Equal(new ShardDepth(1, 0, 0, 0), await silo.Shard.DepthAsync());
        var end = await world.EndLaterAsync(later, TimeSpan.FromMinutes(1));
        Assert.InRange(end.StartedAt!.Value, due, due + TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
    }

    [Fact]
    public async Task Parked_jobs_that_cannot_be_read_when_they_are_due_are_read_later()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromMinutes(1) });
        silo.Store.IsDown = true;
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ReadJobsAsync") > 0, "its row is read");
        Assert.Equal(1, (await silo.Shard.DepthAsync()).Scheduled);
        silo.Store.IsDown = false;
        await world.EndLaterAsync(id, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_thousand_parked_jobs_wake_and_each_runs_once()
    {
        var silo = await world.StartAsync();
        var many = await silo.Shard.SubmitManyAsync(
            [.. Enumerable.Range(0, 2_500).Select(i => JobWorld.Spec("echo", "", new JobOptions { Delay = TimeSpan.FromSeconds(60 + (i % 3)) }))]);
        await JobWorld.EventuallyAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await silo.Shard.DepthAsync()).Open == 0;
            },
            "all have ended");
        Assert.Equal(2_500, world.Runs.Select(run => run.Id).Distinct().Count());
        Assert.Equal(2_500, world.Runs.Count);
        Assert.Equal(many.First, world.Runs.Min(run => run.Id));
    }

    [Fact]
    public async Task A_job_that_is_not_started_in_time_ends_as_cancelled()
    {
        var silo = await world.StartAsync("nothing");
        var options = new JobOptions { ExpireAfter = TimeSpan.FromSeconds(30) };
        var id = await silo.SubmitAsync("echo", "", options);
        world.Clock.Advance(TimeSpan.FromSeconds(30) - Ms);
        await JobWorld.PauseAsync();
        Assert.NotNull(await silo.OpenAsync(id));
        world.Clock.Advance(Ms);
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Cancelled, "expired", 0, null), (end.State, end.ErrorType, end.Attempt, end.StartedAt));
    }

    [Fact]
    public async Task A_job_that_has_started_does_not_expire()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("hold", "g", new JobOptions { ExpireAfter = TimeSpan.FromSeconds(30) });
        await world.RunsAsync(id);
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        await JobWorld.PauseAsync();
        world.Gate("g").SetResult();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
    }

    [Fact]
    public async Task An_expiry_that_could_not_be_stored_comes_again_though_nobody_leases()
    {
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("echo", "", new JobOptions { ExpireAfter = TimeSpan.FromSeconds(30) });
        silo.Store.IsDown = true;
        world.Clock.Advance(TimeSpan.FromSeconds(31));
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("WriteAsync") > 1, "its end is written");
        silo.Store.IsDown = false;
        Assert.Equal("expired", (await world.EndLaterAsync(id, TimeSpan.FromSeconds(1))).ErrorType);
    }

    [Fact]
    public async Task A_job_expires_though_its_silo_died_before_it_started()
    {
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("echo", "", new JobOptions { ExpireAfter = TimeSpan.FromSeconds(30) });
        silo.Crash();
        var next = await world.StartAsync("nothing");
        await next.Shard.WakeAsync();
        Assert.Equal("expired", (await world.EndLaterAsync(id, TimeSpan.FromSeconds(5))).ErrorType);
    }

    [Fact]
    public async Task A_jobs_own_timeout_cuts_it_off_and_is_what_the_function_sees()
    {
        var silo = await world.StartAsync();
        var options = new JobOptions { Timeout = TimeSpan.FromSeconds(3), Retry = new RetryPolicy(1) };
        var id = await silo.SubmitAsync("stuck", "g", options);
        await world.RunsAsync(id);
        Assert.Equal(world.Clock.GetUtcNow() + TimeSpan.FromSeconds(3), world.RunsOf(id)[0].Deadline);
        world.Clock.Advance(TimeSpan.FromSeconds(3) - Ms);
        silo.Tick();
        await JobWorld.PauseAsync();
        Assert.Equal(JobState.Running, (await silo.OpenAsync(id))!.Value.State);
        world.Clock.Advance(Ms);
        silo.Tick();
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, "timeout"), (end.State, end.ErrorType));
    }

    [Fact]
    public async Task The_first_by_priority_then_age_goes_first()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        var blocker = await silo.SubmitAsync("hold", "block");
        await world.RunsAsync(blocker);
        byte[] priorities = [3, 5, 1, 3, 2, 1, 4];
        foreach (var priority in priorities)
            await silo.SubmitAsync("hold", "go", new JobOptions { Priority = priority });
        world.Gate("go").SetResult();
        world.Gate("block").SetResult();
        await JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Open == 0, "all have ended");
        var order = new List<byte>();
        foreach (var run in world.Runs.Skip(1))
            order.Add((await world.Store.FindAsync(run.Id, CancellationToken.None))!.Priority);
        Assert.Equal([1, 1, 2, 3, 3, 4, 5], order);
        Assert.Equal(world.Runs.Skip(1).Select(run => run.Id), world.Runs.Skip(1).Zip(order).OrderBy(x => x.Second).ThenBy(x => x.First.Id).Select(x => x.First.Id));
    }
}
