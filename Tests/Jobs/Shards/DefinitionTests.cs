using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What a queue's definition does in its shards, and how its changes reach them.</summary>
public sealed class DefinitionTests : JobWorldTests
{
    [Fact]
    public async Task While_a_queue_is_paused_nothing_starts_and_what_came_meanwhile_starts_when_it_is_resumed()
    {
        var silo = await world.StartAsync();
        var running = await silo.SubmitAsync("hold", "gate");
        await world.RunsAsync(running);
        await PutAsync(silo, new QueueDefinition { Paused = true });
        var waiting = await silo.SubmitAsync("echo");
        var later = await silo.SubmitAsync("echo", options: new JobOptions { Delay = TimeSpan.FromSeconds(1) });
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(await silo.Shard.LeaseOutsideAsync(new OutsideAsk(["echo"], 10, "w", TimeSpan.FromSeconds(30))));
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(waiting).Concat(world.RunsOf(later)));
        world.Gate("gate").SetResult();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(running)).State);

        await PutAsync(silo, QueueDefinition.Default);
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(waiting)).State);
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(later)).State);
    }

    [Fact]
    public async Task A_paused_queue_is_paused_after_a_takeover_too()
    {
        var first = await world.StartAsync();
        await PutAsync(first, new QueueDefinition { Paused = true });
        var job = await first.SubmitAsync("echo");
        first.Crash();
        var second = await world.StartAsync();
        await second.Shard.WakeAsync();
        await world.StateAsync(second, job, JobState.Ready);
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(job));
        await PutAsync(second, QueueDefinition.Default);
        await world.EndAsync(job);
    }

    [Fact]
    public async Task A_silo_that_was_not_told_finds_out_when_it_looks()
    {
        var (first, second) = (await world.StartAsync(), await world.StartAsync());
        await second.Shard.WakeAsync();
        await PutAsync(first, new QueueDefinition { Priority = 2 });
        Assert.Null(second.Catalogue.Of(JobSilo.Queue).Priority);
        await second.Catalogue.RefreshAsync();
        Assert.Equal(2, second.Catalogue.Of(JobSilo.Queue).Priority!.Value);
        await first.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).DeleteAsync(QueueCondition.None);
        await second.Catalogue.RefreshAsync();
        Assert.Equal(QueueDefinition.Default, second.Catalogue.Of(JobSilo.Queue));
    }

    [Fact]
    public async Task Retry_and_timeout_of_the_queue_count_for_jobs_that_name_none_also_for_those_that_wait()
    {
        var silo = await world.StartAsync();
        await PutAsync(silo, new QueueDefinition { Paused = true });
        var once = await silo.SubmitAsync("fail");
        var twice = await silo.SubmitAsync("fail", options: new JobOptions { Retry = new RetryPolicy(Attempts: 2, Jitter: 0) });
        var timed = await silo.SubmitAsync("echo");
        var named = await silo.SubmitAsync("echo", options: new JobOptions { Timeout = TimeSpan.FromSeconds(9) });
        await PutAsync(silo, new QueueDefinition { Retry = new RetryPolicy(Attempts: 1), Timeout = TimeSpan.FromSeconds(7) });
        Assert.Equal(1, (await world.EndAsync(once)).Attempt);
        Assert.Equal(2, (await world.EndLaterAsync(twice, TimeSpan.FromSeconds(1))).Attempt);
        await world.EndAsync(timed);
        await world.EndAsync(named);
        Assert.Equal(TimeSpan.FromSeconds(7), TimeOf(timed));
        Assert.Equal(TimeSpan.FromSeconds(9), TimeOf(named));

        TimeSpan TimeOf(JobId id) => Assert.Single(world.RunsOf(id)) is var run ? run.Deadline - run.At : default;
    }

    [Fact]
    public async Task Workers_outside_are_told_of_the_queues_retry_policy_by_what_happens()
    {
        var silo = await world.StartAsync();
        await PutAsync(silo, new QueueDefinition { Retry = new RetryPolicy(Attempts: 1) });
        var job = await silo.SubmitAsync("outside");
        var leased = Assert.Single(await silo.Shard.LeaseOutsideAsync(new OutsideAsk(["outside"], 1, "w", TimeSpan.FromSeconds(30))));
        Assert.True(Assert.Single(await silo.Shard.CompleteOutsideAsync([new JobResult(job, leased.Lease.Attempt, AttemptOutcome.Failed, default, default, Error: "no")])));
        Assert.Equal(JobState.Failed, (await world.EndAsync(job)).State);
    }

    [Fact]
    public async Task Jobs_without_a_priority_have_the_queues_also_those_that_wait()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        await PutAsync(silo, new QueueDefinition { Paused = true });
        var plain = await silo.SubmitAsync("echo", "plain");
        var urgent = await silo.SubmitAsync("echo", "urgent", new JobOptions { Priority = 2 });
        var late = await silo.SubmitAsync("echo", "late", new JobOptions { Priority = 4 });
        await PutAsync(silo, new QueueDefinition { Priority = 5 });
        foreach (var job in new[] { plain, urgent, late })
            await world.EndAsync(job);
        Assert.Equal(["urgent", "late", "plain"], world.Runs.Select(run => run.Input));
    }

    [Fact]
    public async Task A_queue_takes_as_many_open_jobs_as_it_says_now()
    {
        var silo = await world.StartAsync();
        await PutAsync(silo, new QueueDefinition { Paused = true, DepthMax = 2 });
        await silo.SubmitAsync("echo");
        await silo.SubmitAsync("echo");
        Assert.Equal(SubmitOutcome.QueueFull, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo"))).Outcome);
        await PutAsync(silo, new QueueDefinition { Paused = true, DepthMax = 3 });
        await silo.SubmitAsync("echo");
    }

    [Fact]
    public async Task Of_two_changes_of_the_same_definition_one_is_refused()
    {
        var (first, second) = (await world.StartAsync(), await world.StartAsync());
        var before = await first.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).ShowAsync();
        var changes = await Task.WhenAll(
            first.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Priority = 1 }, new QueueCondition([before.ETag])),
            second.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Priority = 2 }, new QueueCondition([before.ETag])));
        Assert.Single(changes, change => change.Outcome == QueueChangeOutcome.Created);
        var kept = (await second.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).ShowAsync()).Definition.Priority;
        Assert.Equal(changes[0].Outcome == QueueChangeOutcome.Created ? 1 : 2, kept!.Value);
    }

    [Fact]
    public async Task A_job_that_waits_for_its_key_starts_though_the_priority_has_changed_meanwhile()
    {
        var silo = await world.StartAsync();
        var latest = new JobOptions { Unique = new UniqueSpec("k", Mode: UniqueMode.Latest) };
        var running = await silo.SubmitAsync("hold", "gate", latest);
        await world.RunsAsync(running);
        var waiting = await silo.SubmitAsync("hold", "other", latest);
        // What comes later has been looked at, and the one before it put aside.
        await world.EndAsync(await silo.SubmitAsync("echo"));
        await PutAsync(silo, new QueueDefinition { Priority = 2 });
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(waiting));
        world.OpenAll();
        await world.EndAsync(running);
        await world.EndAsync(waiting);
    }

    private static async Task PutAsync(JobSilo silo, QueueDefinition definition) =>
        Assert.True((await silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(definition, QueueCondition.None)).Outcome is QueueChangeOutcome.Created or QueueChangeOutcome.Changed);
}
