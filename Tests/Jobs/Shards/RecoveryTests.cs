using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What a new owner finds.</summary>
public sealed class RecoveryTests : JobWorldTests
{
    [Fact]
    public async Task Checkpoint_and_later_rows_are_the_open_jobs()
    {
        world.Options = world.Options with { CheckpointEvery = 10 };
        var random = new Random(7);
        var silo = await world.StartAsync("nothing");
        var open = new HashSet<JobId>();
        // As a real store: a grain on Orleans goes on with what it awaited when no call is left that may run, and here they would never end.
        silo.Store.BeforeAnswer = static async _ => await Task.Yield();
        // A checkpoint is written beside the calls, which may be faster than the first one.
        for (var i = 0; i < 300 || (i < 30_000 && silo.Store.Calls.GetValueOrDefault("WriteCheckpointAsync") < 2); i++)
        {
            var delay = random.Next(3) == 0 ? TimeSpan.FromHours(1) : (TimeSpan?)null;
            open.Add(await silo.SubmitAsync("echo", "", new JobOptions { Delay = delay }));
            if (random.Next(10) < 8)
            {
                var id = open.ElementAt(random.Next(open.Count));
                Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
                open.Remove(id);
            }
        }

        Assert.True(silo.Store.Calls["WriteCheckpointAsync"] > 1);
        silo.Crash();
        var next = await world.StartAsync("nothing");
        await JobWorld.EventuallyAsync(async () => (await next.Shard.DepthAsync()).Open == open.Count, "all are recovered");
        var listed = await next.Shard.ListOpenAsync(new OpenJobFilter(Limit: 1_000));
        Assert.Equal(open.OrderDescending(), listed.Select(view => view.Id));
    }

    /// <summary>A store that commits in order may still be heard out of order.</summary>
    [Fact]
    public async Task A_checkpoint_never_speaks_for_a_write_that_it_has_not_heard_of()
    {
        world.Options = world.Options with { CheckpointEvery = 1 };
        var silo = await world.StartAsync("nothing");
        var first = await silo.SubmitAsync("echo");
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = 0;
        silo.Store.BeforeAnswer = method => method == "WriteAsync" && ++writes == 1 ? answer.Task : Task.CompletedTask;
        var slow = silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => writes == 1, "the first is written");
        // Few would wait for the first.
        var quick = silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 500).Select(_ => JobWorld.Spec("echo"))]);
        await JobWorld.EventuallyAsync(() => writes == 2, "the second is written");
        var cancelled = silo.Shard.CancelAsync(first);
        await JobWorld.PauseAsync();
        silo.Crash();
        var stored = await world.Store.ListAsync(new JobFilter([first.Shard]) { Limit = 1_000 }, CancellationToken.None);
        var next = await world.StartAsync("nothing");
        await JobWorld.EventuallyAsync(async () => (await next.Shard.DepthAsync()).Open == stored.Jobs.Count(job => !job.HasEnded), "all are recovered");
        answer.SetResult();
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => slow);
        Assert.Contains((await quick).First, stored.Jobs.Select(job => job.Id));
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => cancelled);
    }

    [Fact]
    public async Task A_recovery_that_is_broken_off_parks_nothing_twice_and_revives_nothing()
    {
        var silo = await world.StartAsync("nothing");
        var parked = new List<JobId>();
        for (var i = 0; i < 3; i++)
            parked.Add(await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromSeconds(25) }));
        await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 2_000).Select(_ => JobWorld.Spec("echo"))]);
        silo.Crash();
        var next = await world.StartAsync("echo");
        var chunks = 0;
        next.Store.BeforeAnswer = method => method == "RecoverAsync" && ++chunks == 2 ? throw new StoreUnavailableException("broken off") : Task.CompletedTask;
        await next.Shard.WakeAsync();
        await JobWorld.EventuallyAsync(() => chunks == 2, "it is broken off");
        Assert.Equal(3, (await next.Shard.DepthAsync()).Scheduled);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await JobWorld.EventuallyAsync(async () => await next.Shard.DepthAsync() == new ShardDepth(3, 0, 0, 0), "all but the parked have ended");
        Assert.Equal(ActResult.Done, (await next.Shard.CancelAsync(parked[0])).Result);
        Assert.Equal(2, (await next.Shard.DepthAsync()).Open);
        await world.EndLaterAsync(parked[2], TimeSpan.FromSeconds(5));
        await JobWorld.EventuallyAsync(async () => (await next.Shard.DepthAsync()).Open == 0, "all have ended");
        Assert.Empty(world.RunsOf(parked[0]));
        Assert.All(world.Runs.GroupBy(run => run.Id), runs => Assert.Single(runs));
    }

    /// <summary>Found by a try that was broken off, then run; the next try has read them as open before they ended.</summary>
    [Fact]
    public async Task Jobs_that_end_while_a_recovery_is_tried_again_do_not_run_again()
    {
        var silo = await world.StartAsync("nothing");
        await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 2_000).Select(_ => JobWorld.Spec("echo"))]);
        silo.Crash();
        var next = await world.StartAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var chunks = 0;
        next.Store.BeforeAnswer = method => method != "RecoverAsync" ? Task.CompletedTask : ++chunks switch
        {
            2 => throw new StoreUnavailableException("broken off"),
            3 => answer.Task,
            _ => Task.CompletedTask,
        };
        await next.Shard.WakeAsync();
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return chunks == 3;
            },
            "it is tried again");
        await next.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(async () => world.Runs.Count == 1_001 && (await next.Shard.DepthAsync()).Open == 0, "those found before have ended");
        answer.SetResult();
        await JobWorld.EventuallyAsync(async () => world.Runs.Count >= 2_001 && (await next.Shard.DepthAsync()).Open == 0, "all have ended");
        Assert.All(world.Runs.GroupBy(run => run.Id), runs => Assert.Single(runs));
    }

    [Fact]
    public async Task Jobs_are_accepted_and_cancels_wait_while_the_open_ones_are_recovered()
    {
        var silo = await world.StartAsync("nothing");
        var old = await silo.SubmitAsync("hold", "g");
        silo.Crash();
        var next = await world.StartAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        next.Store.BeforeAnswer = method => method == "RecoverAsync" ? answer.Task : Task.CompletedTask;
        await world.EndAsync(await next.SubmitAsync("echo"));
        var cancelled = next.Shard.CancelAsync(old);
        await JobWorld.PauseAsync();
        Assert.False(cancelled.IsCompleted);
        answer.SetResult();
        Assert.Equal(ActResult.Done, (await cancelled).Result);
    }

    [Fact]
    public async Task A_result_that_comes_before_its_job_is_recovered_counts()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(id);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "RecoverAsync" ? answer.Task : Task.CompletedTask;
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return silo.Store.Calls.GetValueOrDefault("RecoverAsync") == 1;
            },
            "it is recovered");
        world.Gate("g").SetResult();
        await JobWorld.PauseAsync();
        Assert.Null(await world.Store.FindEndAsync(id, CancellationToken.None));
        answer.SetResult();
        Assert.Equal(1, (await world.EndAsync(id)).Attempt);
        Assert.Single(world.RunsOf(id));
    }

    [Fact]
    public async Task A_lost_shard_whose_recovery_goes_on_for_ever_ends_all_the_same()
    {
        var silo = await world.StartAsync("nothing");
        var old = await silo.SubmitAsync("echo");
        silo.Crash();
        var next = await world.StartAsync("nothing");
        next.Store.BeforeAnswer = method => method == "RecoverAsync" ? throw new StoreUnavailableException("never") : Task.CompletedTask;
        await next.SubmitAsync("echo");
        var waiting = next.Shard.CancelAsync(old);
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => next.SubmitAsync("echo"));
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)));
        next.Store.BeforeAnswer = _ => Task.CompletedTask;
        Assert.Equal(ActResult.Done, (await next.Shard.CancelAsync(old).WaitAsync(TimeSpan.FromSeconds(10))).Result);
    }

    [Fact]
    public async Task What_another_shard_posted_is_taken_in_once_and_survives_owners()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        var poster = await world.Store.ClaimAsync("default/poster/0", "poster", isPlanned: false, CancellationToken.None);
        var (now, parked) = (await PostAsync(poster, null), await PostAsync(poster, TimeSpan.FromSeconds(25)));
        await silo.Shard.ReadInboxAsync();
        await silo.Shard.ReadInboxAsync();
        await world.EndAsync(now);
        Assert.Equal(new ShardDepth(1, 0, 0, 0), await silo.Shard.DepthAsync());
        for (var i = 0; i < 2; i++)
        {
            silo.Crash();
            silo = await world.StartAsync();
            await silo.Shard.WakeAsync();
            await JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Scheduled == 1, "it is recovered");
            await silo.Shard.ReadInboxAsync();
            Assert.Equal(1, (await silo.Shard.DepthAsync()).Open);
        }

        var another = await PostAsync(poster, null);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(parked)).Result);
        await silo.Shard.ReadInboxAsync();
        await world.EndAsync(another);
        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await JobWorld.PauseAsync();
        Assert.Single(world.RunsOf(now));
        Assert.Empty(world.RunsOf(parked));
        Assert.Single(world.RunsOf(another));
    }

    [Fact]
    public async Task What_could_not_be_taken_in_is_taken_in_later()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        var poster = await world.Store.ClaimAsync("default/poster/0", "poster", isPlanned: false, CancellationToken.None);
        var id = await PostAsync(poster, null);
        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.Shard.ReadInboxAsync());
        await silo.Shard.ReadInboxAsync();
        await world.EndAsync(id);
    }

    private async Task<JobId> PostAsync(ShardClaim poster, TimeSpan? delay)
    {
        var number = (await world.Store.ShardNumberAsync(ShardKey.Of(JobSilo.Queue), CancellationToken.None))!.Value;
        var id = InboxIds.Create(world.Store.Now, number);
        var spec = JobWorld.Spec("echo", "", new JobOptions { DueAt = delay is { } wait ? world.Store.Now + wait : null });
        Assert.Equal(WriteOutcome.Written, await world.Store.WriteAsync(new ShardWrite(poster.Number, poster.Epoch) { Posts = new[] { new InboxPost(number, id, spec) } }));
        return id;
    }
}
