using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Owners of a shard that die, stop, lose it, or cannot tell.</summary>
public sealed class OwnershipTests : JobWorldTests
{
    [Fact]
    public async Task What_a_dead_silo_had_accepted_runs_on_the_next_one_with_a_number_of_its_own()
    {
        var silo = await world.StartAsync();
        var running = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(running);
        var parked = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.FromMinutes(10) });
        silo.Crash();
        world.Gate("g").SetResult();
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        var end = await world.EndAsync(running);
        Assert.Equal((JobState.Succeeded, 2), (end.State, end.Attempt));
        Assert.Equal([1, 2], world.RunsOf(running).Select(run => run.Attempt));
        Assert.True(world.RunsOf(running)[1].Epoch > world.RunsOf(running)[0].Epoch);
        Assert.Equal([AttemptKind.Started], (await world.AttemptsAsync(running)).Select(a => a.Kind));
        await world.EndLaterAsync(parked, TimeSpan.FromSeconds(20));
        Assert.Single(world.RunsOf(parked));
    }

    [Fact]
    public async Task After_a_graceful_stop_nothing_is_suspected_and_no_attempt_was_lost()
    {
        world.Options = world.Options with { StopGrace = TimeSpan.Zero };
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(id);
        await world.Clock.AdvanceUntilAsync(silo.StopAsync(), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Assert.Equal([(1, AttemptKind.Returned)], (await world.AttemptsAsync(id)).Select(a => (a.Attempt, a.Kind)));
        Assert.Null((await world.Store.ShardsAsync(CancellationToken.None)).Single().Owner);
        world.Gate("g").SetResult();
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        Assert.Equal(2, (await world.EndAsync(id)).Attempt);
        Assert.DoesNotContain(await world.AttemptsAsync(id), a => a.Kind == AttemptKind.Started);
    }

    [Fact]
    public async Task A_stop_lets_short_runs_end_and_starts_nothing_more()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        var (first, second) = (await silo.SubmitAsync("hold", "g"), await silo.SubmitAsync("hold", "g"));
        await world.RunsAsync(first);
        var stopped = silo.StopAsync();
        await JobWorld.PauseAsync();
        world.Gate("g").SetResult();
        await world.Clock.AdvanceUntilAsync(stopped, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(first)).State);
        Assert.Empty(world.RunsOf(second));
        Assert.Empty(await world.AttemptsAsync(second));
    }

    [Fact]
    public async Task A_job_that_kills_its_silo_each_time_ends_as_crashed_and_harms_no_other()
    {
        var killer = default(JobId);
        var others = new List<JobId>();
        for (var life = 0; ; life++)
        {
            Assert.True(life <= JobLimits.CrashesMax + 1, "The job kills for ever.");
            var silo = await world.StartAsync();
            if (life == 0)
            {
                killer = await silo.SubmitAsync("stuck", "kill");
                for (var i = 0; i < 5; i++)
                    others.Add(await silo.SubmitAsync("hold", "others"));
            }

            await silo.Shard.WakeAsync();
            var runs = world.RunsOf(killer).Count;
            await JobWorld.EventuallyAsync(
                async () => world.RunsOf(killer).Count > (life == 0 ? 0 : runs) || await world.Store.FindEndAsync(killer, CancellationToken.None) is not null,
                "it starts or ends");
            if (await world.Store.FindEndAsync(killer, CancellationToken.None) is { } end)
            {
                Assert.Equal((JobState.Failed, "crashed"), (end.State, end.ErrorType));
                Assert.Equal(JobLimits.CrashesMax + 1, world.RunsOf(killer).Count);
                break;
            }

            await JobWorld.PauseAsync();
            silo.Crash();
        }

        world.Gate("others").SetResult();
        foreach (var id in others)
            Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_suspect_runs_alone_and_the_others_after_it()
    {
        var silo = await world.StartAsync();
        var suspect = await silo.SubmitAsync("hold", "suspect");
        await world.RunsAsync(suspect);
        silo.Crash();
        var second = await world.StartAsync();
        await second.Shard.WakeAsync();
        await world.RunsAsync(suspect, 2);
        var other = await second.SubmitAsync("echo");
        await world.EndAsync(other);
        second.Crash();

        var third = await world.StartAsync();
        await third.Shard.WakeAsync();
        await world.RunsAsync(suspect, 3);
        other = await third.SubmitAsync("echo");
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(other));
        world.Gate("suspect").SetResult();
        await world.EndAsync(suspect);
        await world.EndAsync(other);
    }

    [Fact]
    public async Task A_suspect_whose_function_is_not_served_holds_up_nobody()
    {
        var silo = await world.StartAsync();
        var suspect = await CrashTwiceAsync(silo);
        var third = await world.StartAsync("echo");
        await third.Shard.WakeAsync();
        await world.EndAsync(await third.SubmitAsync("echo"));
        third.Functions.Exchange([.. world.Functions().Where(f => f.Name == "hold").Select(f => f)]);
        await world.RunsAsync(suspect, 3);
        world.Gate("suspect").SetResult();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(suspect)).State);
    }

    [Fact]
    public async Task A_suspect_without_a_free_slot_is_handed_back_at_no_cost_while_others_run()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        var suspect = await CrashTwiceAsync(silo);
        var third = await world.StartAsync();
        var call = third.Functions.Find("hold")!.Slots.TryTake()!;
        var other = third.SubmitAsync("echo");
        await world.EndLaterAsync(await other, TimeSpan.FromSeconds(1));
        Assert.Equal(2, world.RunsOf(suspect).Count);
        call.Release();
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return world.RunsOf(suspect).Count == 3;
            },
            "it runs");
        var attempts = await world.AttemptsAsync(suspect);
        Assert.Equal(2, attempts.GroupBy(a => a.Attempt).Count(g => g.All(a => a.Kind == AttemptKind.Started)));
        world.Gate("suspect").SetResult();
        await world.EndLaterAsync(suspect, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_suspect_waits_for_long_runs_but_the_others_do_not_wait_with_it_for_ever()
    {
        var silo = await world.StartAsync();
        var suspect = await CrashTwiceAsync(silo);
        var third = await world.StartAsync("hold", "echo");
        // A long run of another shard is under way when the suspect's shard comes.
        var another = third.Grains.GetGrain<IShardGrain>(ShardKey.Of("another"));
        var hours = (await another.SubmitAsync(JobWorld.Spec("hold", "long"))).Id;
        await world.RunsAsync(hours);
        await third.Shard.WakeAsync();
        var echo = await third.SubmitAsync("echo");
        await world.EndLaterAsync(echo, TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, world.RunsOf(suspect).Count);
        world.Gate("long").SetResult();
        world.Gate("suspect").SetResult();
        await world.EndLaterAsync(suspect, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_suspect_that_is_leased_when_the_silo_stops_has_not_crashed()
    {
        world.Concurrency = 1;
        world.Options = world.Options with { StopGrace = TimeSpan.Zero };
        var silo = await world.StartAsync();
        var suspect = await CrashTwiceAsync(silo);
        var third = await world.StartAsync();
        var call = third.Functions.Find("hold")!.Slots.TryTake()!;
        await third.Shard.WakeAsync();
        await JobWorld.EventuallyAsync(async () => (await world.AttemptsAsync(suspect)).Count(a => a.Kind == AttemptKind.Started) == 2, "it is leased");
        await world.Clock.AdvanceUntilAsync(third.StopAsync(), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        call.Release();
        Assert.Equal(AttemptKind.Returned, (await world.AttemptsAsync(suspect))[^1].Kind);
    }

    [Fact]
    public async Task A_crash_that_cannot_be_stored_is_stored_later()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("stuck", "kill");
        for (var i = 0; i <= JobLimits.CrashesMax; i++)
        {
            await silo.Shard.WakeAsync();
            await world.RunsAsync(id, i + 1);
            silo.Crash();
            silo = await world.StartAsync();
        }

        silo.Store.FailNextWrite();
        silo.Store.FailNextWrite();
        await silo.Shard.WakeAsync();
        Assert.Equal("crashed", (await world.EndLaterAsync(id, TimeSpan.FromSeconds(1))).ErrorType);
    }

    [Fact]
    public async Task What_a_former_owner_acknowledges_is_stored_and_what_it_cannot_store_it_refuses()
    {
        var silo = await world.StartAsync();
        var kept = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(kept);
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        // The next activation claims it back, and leaves the run where it is.
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.StateAsync(silo, kept, JobState.Running);
        world.Gate("g").SetResult();
        var end = await world.EndLaterAsync(kept, TimeSpan.FromSeconds(1));
        Assert.Equal((JobState.Succeeded, 1, 1), (end.State, end.Attempt, world.RunsOf(kept).Count));
        Assert.Empty(await world.AttemptsAsync(kept));
    }

    [Fact]
    public async Task Those_who_wait_do_not_keep_a_shard_that_is_lost()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(id);
        using var never = new CancellationTokenSource();
        var waits = new[] { silo.Shard.WaitAsync(id, never.Token), silo.Shard.ChangeAsync(id, never.Token) };
        await JobWorld.PauseAsync();
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(10));
        await silo.SubmitAsync("echo").WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unknown_outcome_is_told_as_such_and_the_job_runs_if_and_only_if_it_was_stored(bool isStored)
    {
        var silo = await world.StartAsync();
        var before = await silo.SubmitAsync("hold", "g");
        await world.RunsAsync(before);
        silo.Store.LoseNextOutcome(isStored);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => silo.SubmitAsync("echo", "lost"));
        // Nobody calls: the shard comes back by itself.
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(200));
                return silo.Store.Calls["ClaimAsync"] == 2;
            },
            "the shard is claimed again");
        if (isStored)
            await JobWorld.EventuallyAsync(() => world.Runs.Any(run => run.Input == "lost"), "it runs");
        world.Gate("g").SetResult();
        Assert.Equal(1, (await world.EndLaterAsync(before, TimeSpan.FromSeconds(1))).Attempt);
        Assert.Equal(isStored ? 1 : 0, world.Runs.Count(run => run.Input == "lost"));
    }

    /// <summary>The end was stored, and only the answer was lost: the pump tells it again, to the next activation.</summary>
    [Fact]
    public async Task A_failed_attempt_whose_answer_was_lost_counts_once()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("fail", "", new JobOptions { Retry = new RetryPolicy(3, Jitter: 0) });
        await JobWorld.EventuallyAsync(() => world.Runs.IsEmpty is false, "it runs");
        await world.StateAsync(silo, id, JobState.Retrying);
        silo.Store.LoseNextOutcome(isStored: true);
        await world.EndLaterAsync(id, TimeSpan.FromMilliseconds(500));
        Assert.Equal(3, world.RunsOf(id).Count);
        Assert.Equal(2, (await world.AttemptsAsync(id)).Count(a => a.Kind == AttemptKind.Failed));
    }

    [Fact]
    public async Task A_store_that_comes_back_gets_all_results()
    {
        var silo = await world.StartAsync();
        var ids = new List<JobId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await silo.SubmitAsync("hold", "g"));
        foreach (var id in ids)
            await world.RunsAsync(id);
        silo.Store.IsDown = true;
        world.Gate("g").SetResult();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(await world.Store.FindEndAsync(ids[0], CancellationToken.None));
        silo.Store.IsDown = false;
        foreach (var id in ids)
        {
            Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, TimeSpan.FromMilliseconds(200))).State);
            Assert.Single(world.RunsOf(id));
        }
    }

    /// <summary>Jobs that were ready while the shard could not tell whether it is still the owner.</summary>
    [Fact]
    public async Task A_shard_that_was_silent_starts_nothing_and_then_everything()
    {
        world.Concurrency = 1;
        var silo = await world.StartAsync();
        var first = await silo.SubmitAsync("hold", "first");
        await world.RunsAsync(first);
        var second = await silo.SubmitAsync("hold", "second");
        silo.Store.HoldWrites();
        var stuck = silo.Shard.SubmitAsync(JobWorld.Spec("echo"));
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(await silo.Shard.LeaseAsync("hold", 1, silo.NextCall()));
        world.Gate("first").SetResult();
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(second));
        silo.Store.ReleaseWrites();
        await stuck;
        await world.RunsAsync(second);
    }

    [Fact]
    public async Task A_shard_that_ends_gives_its_payloads_room_back()
    {
        var silo = await world.StartAsync("nothing");
        for (var i = 0; i < 10; i++)
            await silo.SubmitAsync("echo");
        Assert.True(silo.Budget.Used > 0);
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await JobWorld.EventuallyAsync(() => silo.Budget.Used == 0, "the room is given back");
    }

    /// <summary>A job of function hold that was running, on record, when its silo died.</summary>
    private async Task<JobId> CrashTwiceAsync(JobSilo silo)
    {
        var id = await silo.SubmitAsync("hold", "suspect");
        await world.RunsAsync(id);
        silo.Crash();
        var second = await world.StartAsync();
        await second.Shard.WakeAsync();
        await world.RunsAsync(id, 2);
        second.Crash();
        return id;
    }
}
