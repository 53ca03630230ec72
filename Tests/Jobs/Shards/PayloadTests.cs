using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Payloads that are not in memory, and those that are damaged.</summary>
public sealed class PayloadTests : JobWorldTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2_000)]
    public async Task Jobs_whose_payloads_do_not_fit_are_read_when_they_are_leased(int payloadBytes)
    {
        world.PayloadBytes = payloadBytes;
        var silo = await world.StartAsync();
        var many = await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 300).Select(i => JobWorld.Spec("echo", $"{i}"))]);
        for (var i = 0; i < 300; i++)
            Assert.Equal(JobState.Succeeded, (await world.EndAsync(many.First.Plus(i))).State);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), world.Runs.OrderBy(run => run.Id).Select(run => run.Input));
        Assert.True(silo.Store.Calls["ReadJobsAsync"] > 0);
        await JobWorld.EventuallyAsync(() => silo.Budget.Used == 0, "nothing is kept");
    }

    [Fact]
    public async Task What_is_kept_in_memory_is_within_the_budget_and_let_go_of_when_it_runs_or_is_cancelled()
    {
        world.PayloadBytes = 5_000;
        var silo = await world.StartAsync("nothing");
        var many = await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 100).Select(i => JobWorld.Spec("echo", $"{i}"))]);
        Assert.InRange(silo.Budget.Used, 4_000, 5_000);
        for (var i = 0; i < 100; i++)
            await silo.Shard.CancelAsync(many.First.Plus(i));
        Assert.Equal(0, silo.Budget.Used);
    }

    [Theory]
    [InlineData("ready")]
    [InlineData("parked")]
    [InlineData("suspect")]
    public async Task A_damaged_row_fails_its_own_job_and_no_other(string how)
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        var options = how == "parked" ? new JobOptions { Delay = TimeSpan.FromSeconds(5) } : null;
        var ids = new List<JobId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await silo.SubmitAsync("echo", "", options));
        world.Memory.Damage(ids[2]);
        if (how == "suspect")
            await world.CrashAsync(silo, ids[2]);
        else
            silo.Crash();
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        foreach (var id in ids.Where(id => id != ids[2]))
        {
            await JobWorld.EventuallyAsync(
                async () =>
                {
                    world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                    return (await world.Store.FindEndAsync(id, CancellationToken.None))?.State == JobState.Succeeded;
                },
                "the others succeed");
        }

        await JobWorld.EventuallyAsync(async () => (await world.Store.FindAsync(ids[2], CancellationToken.None))!.HasEnded, "the damaged one ends");
        var view = (await world.Store.FindAsync(ids[2], CancellationToken.None))!;
        Assert.Equal((JobState.Failed, "corrupt"), (view.State, view.ErrorType));
        Assert.Empty(world.RunsOf(ids[2]));
        Assert.Equal(0, (await next.Shard.DepthAsync()).Open);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_a_damaged_job_that_cannot_be_stored_is_stored_later(bool isParked)
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("echo", "", isParked ? new JobOptions { Delay = TimeSpan.FromSeconds(5) } : null);
        world.Memory.Damage(id);
        silo.Crash();
        var next = await world.StartAsync();
        next.Store.FailNextWrite();
        next.Store.FailNextWrite();
        await next.Shard.WakeAsync();
        await JobWorld.EventuallyAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(200));
                return (await world.Store.FindAsync(id, CancellationToken.None))!.HasEnded;
            },
            "it ends");
        await JobWorld.EventuallyAsync(async () => (await next.Shard.DepthAsync()).Open == 0, "it counts no more");
        Assert.Empty(world.Runs);
    }

    /// <summary>Its start would be on record and nothing after it, as if the silo had died with it.</summary>
    [Fact]
    public async Task A_payload_that_cannot_be_read_does_not_count_as_a_crash()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("echo");
        silo.Crash();
        var next = await world.StartAsync("nothing");
        await JobWorld.EventuallyAsync(async () => await next.OpenAsync(id) is not null, "it is recovered");
        for (var i = 0; i < 2 * JobLimits.CrashesMax; i++)
        {
            next.Store.BeforeAnswer = method => method == "ReadJobsAsync" ? throw new StoreUnavailableException("unreadable") : Task.CompletedTask;
            await Assert.ThrowsAsync<StoreUnavailableException>(() => next.Shard.LeaseAsync("echo", 1, next.NextCall()));
            next.Store.BeforeAnswer = _ => Task.CompletedTask;
            Assert.Equal(JobState.Ready, (await next.OpenAsync(id))!.Value.State);
        }

        Assert.Empty(await world.AttemptsAsync(id));
        next.Crash();
        var last = await world.StartAsync();
        await last.Shard.WakeAsync();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
    }

    /// <summary>Numbers that were used for nothing let the next owner guess too low.</summary>
    [Fact]
    public async Task An_attempt_after_leases_that_failed_has_the_next_number_and_none_has_it_again()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        var id = await silo.SubmitAsync("hold", "g");
        silo.Store.BeforeAnswer = method => method == "ReadJobsAsync" ? throw new StoreUnavailableException("unreadable") : Task.CompletedTask;
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.Shard.LeaseAsync("hold", 1, silo.NextCall()));
        silo.Store.BeforeAnswer = _ => Task.CompletedTask;
        Assert.Equal(1, (await silo.Shard.LeaseAsync("hold", 1, silo.NextCall())).Single().Attempt);
        silo.Crash();
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        await world.RunsAsync(id);
        Assert.Equal(2, world.RunsOf(id)[0].Attempt);
    }

    /// <summary>Whoever leased may have given up; the jobs would run nowhere.</summary>
    [Fact]
    public async Task A_lease_that_took_too_long_is_not_handed_out_and_the_jobs_stay_in_their_order()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        var ids = new List<JobId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await silo.SubmitAsync("echo"));
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = _ => answer.Task;
        var leased = silo.Shard.LeaseAsync("echo", 3, silo.NextCall());
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ReadJobsAsync") == 1, "the rows are read");
        world.Clock.Advance(TimeSpan.FromSeconds(15));
        answer.SetResult();
        Assert.Empty(await leased);
        Assert.Equal(ids, (await silo.Shard.LeaseAsync("echo", 5, silo.NextCall())).Select(lease => lease.Id));
    }

    /// <summary>A pump that had given up would never hear of the jobs, and they would count as running for ever.</summary>
    [Fact]
    public async Task A_pump_hears_the_answer_to_a_lease_however_long_it_takes()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "ReadJobsAsync" ? answer.Task : Task.CompletedTask;
        var id = await silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ReadJobsAsync") == 1, "its row is read");
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await JobWorld.PauseAsync();
        answer.SetResult();
        Assert.Equal((JobState.Succeeded, 1), ((await world.EndAsync(id)).State, (await world.EndAsync(id)).Attempt));
    }

    [Fact]
    public async Task More_jobs_may_be_leased_at_once_than_are_read_ahead()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("nothing");
        await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 2_001).Select(_ => JobWorld.Spec("echo"))]);
        // The first tells what they weigh.
        Assert.Single(await silo.Shard.LeaseAsync("echo", 1, silo.NextCall()));
        Assert.Equal(2_000, (await silo.Shard.LeaseAsync("echo", 5_000, silo.NextCall())).Length);
    }
}
