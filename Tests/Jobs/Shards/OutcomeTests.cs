using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Ends that a function asks for, beside a result and a failure.</summary>
public sealed class OutcomeTests : JobWorldTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_snoozed_job_runs_again_when_it_asked_to_and_loses_no_attempt_by_it()
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) => throw (context.Attempt % 2 == 1 ? JobOutcome.Snooze(Minute, "not yet") : new InvalidOperationException());
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(2, TimeSpan.FromSeconds(2), Jitter: 0) });
        var began = world.Clock.GetUtcNow();
        await GoesAsync(silo, id, JobState.Scheduled, Minute, 1);
        await GoesAsync(silo, id, JobState.Retrying, TimeSpan.FromSeconds(2), 2);
        await GoesAsync(silo, id, JobState.Scheduled, Minute, 3);
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, 4, "InvalidOperationException"), (end.State, end.Attempt, end.ErrorType));
        var runs = world.RunsOf(id).Select(run => (run.At - began).TotalSeconds).ToList();
        Assert.Equal(4, runs.Count);
        Assert.InRange(runs[1] - runs[0], 60, 90);
        Assert.InRange(runs[2] - runs[1], 2, 30);
        Assert.InRange(runs[3] - runs[2], 60, 90);
        Assert.Equal(
            [AttemptKind.Returned, AttemptKind.Failed, AttemptKind.Returned], (await world.AttemptsAsync(id)).Select(a => a.Kind));
        Assert.Equal("not yet", (await world.AttemptsAsync(id))[0].Error);
    }

    [Fact]
    public async Task A_job_may_snooze_without_end()
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) => context.Attempt <= 50 ? throw JobOutcome.Snooze(TimeSpan.FromSeconds(1)) : Task.FromResult("");
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(1) });
        var end = await world.EndLaterAsync(id, TimeSpan.FromSeconds(1));
        Assert.Equal((JobState.Succeeded, 51), (end.State, end.Attempt));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_snoozed_job_outlives_its_silo_and_starts_no_sooner_for_it(bool isCrash)
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) => throw (world.Runs.Count == 2 ? JobOutcome.Snooze(Minute) : new InvalidOperationException());
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(2, TimeSpan.FromSeconds(2), Jitter: 0) });
        await GoesAsync(silo, id, JobState.Retrying, TimeSpan.FromSeconds(2), 1);
        await world.StateAsync(silo, id, JobState.Scheduled);
        if (isCrash)
            silo.Crash();
        else
            await silo.StopAsync();
        Assert.Equal(JobState.Scheduled, (await world.Store.FindAsync(id, CancellationToken.None))!.State);
        var next = await world.StartAsync();
        await GoesAsync(next, id, JobState.Scheduled, Minute, 2);
        // Its failure of before counts: this one is the second of two.
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, "InvalidOperationException"), (end.State, end.ErrorType));
        Assert.Equal(3, world.RunsOf(id).Count);
    }

    [Fact]
    public async Task The_wait_that_a_failure_asks_for_replaces_that_of_the_policy_and_counts_as_one()
    {
        var silo = await world.StartAsync();
        world.Script = (_, _) => throw JobOutcome.RetryAfter(Minute, "busy", new TimeoutException());
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(2, TimeSpan.FromSeconds(1), Jitter: 0) });
        await GoesAsync(silo, id, JobState.Retrying, Minute, 1);
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, 2, "busy", "TimeoutException"), (end.State, end.Attempt, end.Error, end.ErrorType));
    }

    [Fact]
    public async Task A_failure_that_the_policy_does_not_retry_is_not_retried_for_its_wait()
    {
        var silo = await world.StartAsync();
        world.Script = (_, _) => throw JobOutcome.RetryAfter(Minute, "busy", new TimeoutException());
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(NonRetryable: ["TimeoutException"]) });
        Assert.Equal((JobState.Failed, 1), ((await world.EndAsync(id)).State, world.RunsOf(id).Count));
    }

    [Fact]
    public async Task Discarded_and_failed_for_good_jobs_end_at_once()
    {
        var silo = await world.StartAsync();
        world.Script = (_, _) => throw JobOutcome.Discard("the order is gone");
        var end = await world.EndAsync(await silo.SubmitAsync("script"));
        Assert.Equal((JobState.Cancelled, 1, "the order is gone", "discarded"), (end.State, end.Attempt, end.Error, end.ErrorType));
        world.Script = (_, _) => throw JobOutcome.FailForGood("that is no picture");
        end = await world.EndAsync(await silo.SubmitAsync("script"));
        Assert.Equal((JobState.Failed, 1, "that is no picture", "failed"), (end.State, end.Attempt, end.Error, end.ErrorType));
    }

    [Fact]
    public async Task A_snoozed_job_can_be_cancelled_and_does_not_start_again()
    {
        var silo = await world.StartAsync();
        world.Script = (_, _) => throw JobOutcome.Snooze(Minute);
        var id = await silo.SubmitAsync("script");
        await world.StateAsync(silo, id, JobState.Scheduled);
        Assert.Equal(new ShardDepth(1, 0, 0, 0), await silo.Shard.DepthAsync());
        Assert.Equal(id, Assert.Single(await silo.Shard.ListOpenAsync(new OpenJobFilter(JobState.Scheduled))).Id);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        world.Clock.Advance(Minute);
        await JobWorld.PauseAsync();
        Assert.Single(world.RunsOf(id));
        Assert.Equal(JobState.Cancelled, (await world.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_snooze_that_comes_after_the_cancel_changes_nothing()
    {
        var silo = await world.StartAsync();
        world.Script = async (_, _) =>
        {
            await world.Gate("gate").Task;
            throw JobOutcome.Snooze(Minute);
        };
        var id = await silo.SubmitAsync("script");
        await world.RunsAsync(id);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        world.Gate("gate").SetResult();
        await JobWorld.PauseAsync();
        Assert.Empty(await world.AttemptsAsync(id));
        Assert.Equal(JobState.Cancelled, (await world.EndAsync(id)).State);
    }

    [Theory]
    [InlineData(0.999)]
    [InlineData(-1)]
    [InlineData((30 * 86_400) + 1)]
    public void A_wait_out_of_its_bounds_is_refused_where_it_is_asked_for(double seconds)
    {
        var wait = TimeSpan.FromSeconds(seconds);
        Assert.Throws<ArgumentOutOfRangeException>(() => JobOutcome.Snooze(wait));
        Assert.Throws<ArgumentOutOfRangeException>(() => JobOutcome.RetryAfter(wait, "busy"));
    }

    /// <summary>The job waits in a state for so long and not less, then runs again. On a busy machine the timer may be set late, so time goes on until it does.</summary>
    private async Task GoesAsync(JobSilo silo, JobId id, JobState state, TimeSpan wait, int runs)
    {
        await world.StateAsync(silo, id, state);
        var due = (await world.Store.FindAsync(id, CancellationToken.None))!.DueAt!.Value;
        Assert.InRange(due - world.RunsOf(id)[^1].At, wait, wait + TimeSpan.FromSeconds(1));
        var left = due - world.Clock.GetUtcNow() - Ms;
        if (left > TimeSpan.Zero)
            world.Clock.Advance(left);
        await JobWorld.PauseAsync();
        Assert.Equal(runs, world.RunsOf(id).Count);
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(Ms);
                return world.RunsOf(id).Count > runs;
            },
            $"job {id} runs {runs + 1} times");
    }
}
