using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Cancel is final once it is acknowledged.</summary>
public sealed class CancelTests : JobWorldTests
{
    [Fact]
    public async Task A_job_that_was_cancelled_before_it_started_never_runs()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        await world.RunsAsync(await silo.SubmitAsync("hold", "block"));
        var id = await silo.SubmitAsync("hold", "never");
        Assert.Equal(new ActOutcome(ActResult.Done, id), await silo.Shard.CancelAsync(id));
        world.Gate("block").SetResult();
        await world.EndAsync(await silo.SubmitAsync("hold", "block"));
        Assert.Empty(world.RunsOf(id));
        Assert.Equal((JobState.Cancelled, "cancelled", 0), ((await world.EndAsync(id)).State, (await world.EndAsync(id)).ErrorType, (await world.EndAsync(id)).Attempt));
    }

    [Fact]
    public async Task A_running_job_is_cut_off_and_stays_cancelled_whatever_it_answers()
    {
        var silo = await world.StartAsync();
        var (polite, deaf) = (await silo.SubmitAsync("hold", "g"), await silo.SubmitAsync("stuck", "g"));
        await world.RunsAsync(polite);
        await world.RunsAsync(deaf);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(polite)).Result);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(deaf)).Result);
        world.Gate("g").SetResult();
        await world.EndAsync(await silo.SubmitAsync("echo"));
        foreach (var id in new[] { polite, deaf })
        {
            var end = await world.EndAsync(id);
            Assert.Equal((JobState.Cancelled, 1), (end.State, end.Attempt));
            Assert.NotNull(end.StartedAt);
            Assert.Single(world.RunsOf(id));
        }

        Assert.Equal(ActResult.HadEnded, (await silo.Shard.CancelAsync(polite)).Result);
    }

    [Fact]
    public async Task The_result_of_a_cancelled_run_is_taken_though_nothing_else_is_written()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(id);
        await silo.Shard.CancelAsync(id);
        await JobWorld.EventuallyAsync(() => silo.Pump.HeldOf(ShardKey.Of(JobSilo.Queue), 0).Length == 0, "the pump has let go of it");
    }

    [Fact]
    public async Task An_unknown_job_is_told_so_though_nothing_else_is_written()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo");
        await world.EndAsync(id);
        Assert.Equal(ActResult.Unknown, (await silo.Shard.CancelAsync(JobId.Create(1, 1, id.Shard, 1)).WaitAsync(TimeSpan.FromSeconds(10))).Result);
        Assert.Equal(ActResult.HadEnded, (await silo.Shard.CancelAsync(id)).Result);
    }

    [Fact]
    public async Task A_job_of_another_shard_is_not_ended_here()
    {
        var silo = await world.StartAsync();
        var other = silo.Grains.GetGrain<IShardGrain>(ShardKey.Of("another"));
        await silo.SubmitAsync("echo");
        var id = (await other.SubmitAsync(JobWorld.Spec("hold", "g"))).Id;
        Assert.Equal(ActResult.Unknown, (await silo.Shard.CancelAsync(id)).Result);
        Assert.Null(await world.Store.FindEndAsync(id, CancellationToken.None));
    }

    [Fact]
    public async Task A_cancel_that_is_not_stored_is_not_acknowledged_and_the_job_goes_on()
    {
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("echo");
        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.Shard.CancelAsync(id));
        Assert.Equal(JobState.Ready, (await silo.OpenAsync(id))!.Value.State);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
    }

    [Fact]
    public async Task A_parked_job_is_cancelled_and_does_not_run_when_it_would_have_been_due()
    {
        var silo = await world.StartAsync();
        var options = new JobOptions { Delay = TimeSpan.FromMinutes(1) };
        var (id, other) = (await silo.SubmitAsync("echo", "", options), await silo.SubmitAsync("echo", "", options));
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        Assert.Equal(new ShardDepth(1, 0, 0, 0), await silo.Shard.DepthAsync());
        Assert.Equal(ActResult.HadEnded, (await silo.Shard.CancelAsync(id)).Result);
        await world.EndLaterAsync(other, TimeSpan.FromSeconds(10));
        Assert.Empty(world.RunsOf(id));
        await JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Open == 0, "none is left");
    }

    [Fact]
    public async Task Many_who_cancel_a_parked_job_at_once_count_it_once()
    {
        var silo = await world.StartAsync();
        var options = new JobOptions { Delay = TimeSpan.FromMinutes(1) };
        var (id, other) = (await silo.SubmitAsync("echo", "", options), await silo.SubmitAsync("echo", "", options));
        silo.Store.BeforeAnswer = _ => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => silo.Shard.CancelAsync(id)));
        Assert.All(outcomes, outcome => Assert.True(outcome.Result is ActResult.Done or ActResult.HadEnded));
        Assert.Contains(outcomes, outcome => outcome.Result == ActResult.Done);
        Assert.Equal(1, (await silo.Shard.DepthAsync()).Open);
        await world.EndLaterAsync(other, TimeSpan.FromSeconds(10));
        await JobWorld.EventuallyAsync(async () => (await silo.Shard.DepthAsync()).Open == 0, "none is left");
        Assert.Empty(world.RunsOf(id));
    }

    /// <summary>The store answers that the job is open; until the cancel goes on, the job wakes, runs and ends.</summary>
    [Fact]
    public async Task A_parked_job_that_wakes_and_ends_while_it_is_looked_for_had_ended()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromSeconds(20) });
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "FindAsync" ? answer.Task : Task.CompletedTask;
        var cancelled = silo.Shard.CancelAsync(id);
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("FindAsync") == 1, "it is looked for");
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
        await JobWorld.EventuallyAsync(async () => await silo.OpenAsync(id) is null, "the shard knows");
        answer.SetResult();
        Assert.Equal(ActResult.HadEnded, (await cancelled).Result);
        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
    }

    /// <summary>The end of a parked job is on its way; the job wakes meanwhile.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_parked_job_that_wakes_while_its_cancel_is_being_stored_runs_only_if_that_fails(bool isStored)
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromSeconds(1) });
        silo.Store.HoldWrites();
        var cancelled = silo.Shard.CancelAsync(id);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.StateAsync(silo, id, JobState.Ready);
        await JobWorld.PauseAsync();
        Assert.Empty(world.Runs);
        if (!isStored)
            silo.Store.FailNextWrite();
        silo.Store.ReleaseWrites();
        if (isStored)
        {
            Assert.Equal(ActResult.Done, (await cancelled).Result);
            await JobWorld.PauseAsync();
            Assert.Empty(world.Runs);
        }
        else
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => cancelled);
            Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, TimeSpan.FromSeconds(1))).State);
        }

        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
    }

    /// <summary>The time of the retry comes while the cancel is under way, which then fails.</summary>
    [Fact]
    public async Task A_job_whose_cancel_failed_while_its_retry_was_due_is_tried_again()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("flaky", "2", new JobOptions { Retry = new RetryPolicy(3, Jitter: 0) });
        await world.StateAsync(silo, id, JobState.Retrying);
        silo.Store.HoldWrites();
        var cancelled = silo.Shard.CancelAsync(id);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await JobWorld.PauseAsync();
        silo.Store.FailNextWrite();
        silo.Store.ReleaseWrites();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cancelled);
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, TimeSpan.FromSeconds(1))).State);
    }

    /// <summary>The pump has taken it; the row is being read when the cancel is acknowledged.</summary>
    [Fact]
    public async Task A_job_that_is_cancelled_while_it_is_being_leased_does_not_start()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "ReadJobsAsync" ? answer.Task : Task.CompletedTask;
        var id = await silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ReadJobsAsync") == 1, "its row is read");
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        answer.SetResult();
        await world.EndAsync(await silo.SubmitAsync("echo"));
        Assert.Empty(world.RunsOf(id));
    }

    /// <summary>The cancel is written when the lease is answered, and then not stored.</summary>
    [Fact]
    public async Task A_job_whose_cancel_fails_while_it_is_being_leased_runs_after_all()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "ReadJobsAsync" ? answer.Task : Task.CompletedTask;
        var id = await silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ReadJobsAsync") == 1, "its row is read");
        silo.Store.HoldWrites();
        var cancelled = silo.Shard.CancelAsync(id);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        answer.SetResult();
        await JobWorld.PauseAsync();
        Assert.Empty(world.Runs);
        silo.Store.FailNextWrite();
        silo.Store.ReleaseWrites();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cancelled);
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, TimeSpan.FromSeconds(1))).State);
    }

    /// <summary>The pump gets fewer than it asked for, and takes it that there are no more.</summary>
    [Fact]
    public async Task The_jobs_behind_one_that_is_cancelled_while_it_is_being_leased_start()
    {
        (world.PayloadBytes, world.Concurrency) = (0, 1);
        var silo = await world.StartAsync();
        var running = await silo.SubmitAsync("hold", "running");
        await world.RunsAsync(running);
        // The first of them answers the ring that the others left.
        var (first, next, behind) = (await silo.SubmitAsync("hold", "first"), await silo.SubmitAsync("hold", "next"), await silo.SubmitAsync("hold", "behind"));
        world.Gate("running").SetResult();
        await world.RunsAsync(first);
        await CancelWhileItIsLeasedAsync(silo, () => world.Gate("first").SetResult(), next);
        await world.RunsAsync(behind);
        Assert.Empty(world.RunsOf(next));
    }

    [Fact]
    public async Task The_suspects_behind_one_that_is_cancelled_while_it_is_being_leased_start()
    {
        var silo = await world.StartAsync("nothing");
        var (next, behind) = (await silo.SubmitAsync("echo"), await silo.SubmitAsync("echo"));
        await world.CrashAsync(silo, next, behind);
        var other = await world.StartAsync("nothing");
        await JobWorld.EventuallyAsync(async () => (await other.Shard.DepthAsync()).Ready == 2, "they are recovered");
        // So that nobody is on his way to ask for them.
        await JobWorld.PauseAsync();
        await CancelWhileItIsLeasedAsync(other, () => other.Functions.Exchange([.. world.Functions()]), next);
        await world.EndAsync(behind);
        Assert.Empty(world.RunsOf(next));
    }

    private static async Task CancelWhileItIsLeasedAsync(JobSilo silo, Action lease, JobId id)
    {
        var (answer, isRead) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        silo.Store.BeforeAnswer = method =>
        {
            if (method != "ReadJobsAsync")
                return Task.CompletedTask;
            isRead.TrySetResult();
            return answer.Task;
        };
        lease();
        await isRead.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(JobState.Running, (await silo.OpenAsync(id))!.Value.State);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        answer.SetResult();
    }
}
