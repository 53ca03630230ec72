using System.Text;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Jobs in the hands of workers outside of the cluster.</summary>
public sealed class OutsideTests : JobWorldTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_job_of_an_external_function_waits_for_a_worker_and_ends_as_it_says()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "a");
        await JobWorld.PauseAsync();
        await world.StateAsync(silo, id, JobState.Ready);

        var job = Assert.Single(await LeaseAsync(silo));
        Assert.Equal((id, 1, "outside", "\"a\""), (job.Lease.Id, job.Lease.Attempt, job.Lease.Spec.Function, Encoding.UTF8.GetString(job.Lease.Spec.Input.Span)));
        Assert.Equal(world.Clock.GetUtcNow() + Lease, job.Until);
        await world.StateAsync(silo, id, JobState.Running);
        Assert.Empty(await LeaseAsync(silo));

        var started = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await CompleteAsync(silo, Succeeded(id, 1)));
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Succeeded, 1, "7"), (end.State, end.Attempt, Encoding.UTF8.GetString(end.Result.Span)));
        Assert.Equal((started, started.AddSeconds(2)), (end.StartedAt, end.EndedAt));
        Assert.Empty(await world.AttemptsAsync(id));
    }

    [Fact]
    public async Task A_lease_is_stored_before_the_job_is_handed_out()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        silo.Store.HoldWrites();
        var leased = LeaseAsync(silo);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the lease waits to be stored");
        Assert.False(leased.IsCompleted);
        Assert.Empty(await world.Store.LeasesAsync(id.Shard, [id], CancellationToken.None));
        silo.Store.ReleaseWrites();
        Assert.Single(await leased);
        var row = Assert.Single(await world.Store.LeasesAsync(id.Shard, [id], CancellationToken.None));
        Assert.Equal((id, 1, 1, "worker"), (row.Id, row.Attempt, row.Number, row.Worker));
    }

    [Fact]
    public async Task A_lease_that_cannot_be_stored_is_none_and_costs_no_attempt()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => LeaseAsync(silo));
        await world.StateAsync(silo, id, JobState.Ready);
        Assert.Equal(1, Assert.Single(await LeaseAsync(silo)).Lease.Attempt);
        Assert.True(await CompleteAsync(silo, Succeeded(id, 1)));
    }

    [Fact]
    public async Task The_second_of_two_completions_is_lost_and_changes_nothing()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        bool[] firstOnly = [true, false];
        Assert.Equal(firstOnly, await silo.Shard.CompleteOutsideAsync([Succeeded(id, 1), Failed(id, 1)]));
        Assert.False(await CompleteAsync(silo, Failed(id, 1)));
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
    }

    [Fact]
    public async Task Another_attempt_and_a_job_that_nobody_has_are_lost()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        Assert.False(await CompleteAsync(silo, Succeeded(id, 1)));
        await LeaseAsync(silo);
        Assert.False(await CompleteAsync(silo, Succeeded(id, 2)));
        Assert.Null(await RenewAsync(silo, id, 2));
        Assert.NotNull(await RenewAsync(silo, id, 1));
        Assert.False(await CompleteAsync(silo, Succeeded(id.Plus(5), 1)));
    }

    [Fact]
    public async Task A_lease_that_runs_out_fails_the_attempt_and_another_worker_gets_the_next()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "", new JobOptions { Retry = new RetryPolicy(3, TimeSpan.FromSeconds(1), Jitter: 0) });
        await LeaseAsync(silo);
        world.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        await world.StateAsync(silo, id, JobState.Retrying);
        Assert.False(await CompleteAsync(silo, Succeeded(id, 1)));
        var failed = Assert.Single(await world.AttemptsAsync(id));
        Assert.Equal((1, AttemptKind.Failed, "lease-expired"), (failed.Attempt, failed.Kind, failed.ErrorType));
        Assert.Contains("'worker'", failed.Error, StringComparison.Ordinal);

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.StateAsync(silo, id, JobState.Ready);
        Assert.Equal(2, Assert.Single(await LeaseAsync(silo)).Lease.Attempt);
        Assert.False(await CompleteAsync(silo, Succeeded(id, 1)));
        Assert.True(await CompleteAsync(silo, Succeeded(id, 2)));
        Assert.Equal(2, (await world.EndAsync(id)).Attempt);
    }

    /// <summary>The shard's timer has not noticed yet.</summary>
    [Fact]
    public async Task A_completion_after_the_lease_ran_out_is_lost_even_if_nobody_has_noticed()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "", new JobOptions { Retry = new RetryPolicy(1) });
        await LeaseAsync(silo);
        silo.Store.HoldWrites();
        world.Clock.Advance(Lease + TimeSpan.FromMilliseconds(1));
        var completed = CompleteAsync(silo, Succeeded(id, 1));
        var renewed = RenewAsync(silo, id, 1);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites > 0, "the attempt fails");
        silo.Store.ReleaseWrites();
        Assert.False(await completed);
        Assert.Null(await renewed);
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, "lease-expired"), (end.State, end.ErrorType));
    }

    [Fact]
    public async Task A_failure_of_the_store_does_not_keep_a_lease_alive()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "", new JobOptions { Retry = new RetryPolicy(1) });
        await LeaseAsync(silo);
        var isDecided = false;
        silo.Store.OnWrite = write => isDecided |= write.Ends.Length == 1;
        silo.Store.FailNextWrite();
        world.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        await JobWorld.EventuallyAsync(() => Volatile.Read(ref isDecided), "the end is decided, and then not stored");
        Assert.Null(await RenewAsync(silo, id, 1));
        Assert.False(await CompleteAsync(silo, Succeeded(id, 1)));
        Assert.Equal("lease-expired", (await world.EndLaterAsync(id, TimeSpan.FromMilliseconds(200))).ErrorType);
    }

    [Fact]
    public async Task A_renewed_lease_stands_longer_and_never_shorter()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        var first = Assert.Single(await LeaseAsync(silo)).Until;
        for (var i = 0; i < 5; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal(world.Clock.GetUtcNow() + Lease, await RenewAsync(silo, id, 1));
        }

        Assert.Equal(first.AddSeconds(100), await RenewAsync(silo, id, 1, TimeSpan.FromSeconds(1)));
        Assert.Equal(6, Assert.Single(await world.Store.LeasesAsync(id.Shard, [id], CancellationToken.None)).Number);
        Assert.True(await CompleteAsync(silo, Succeeded(id, 1)));
        Assert.Null(await RenewAsync(silo, id, 1));
    }

    [Fact]
    public async Task A_renewal_that_is_not_stored_does_not_count_and_one_on_its_way_does()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        silo.Store.FailNextWrite();
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => RenewAsync(silo, id, 1));
        silo.Store.HoldWrites();
        var renewed = RenewAsync(silo, id, 1);
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the renewal waits to be stored");
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        await JobWorld.PauseAsync();
        silo.Store.ReleaseWrites();
        Assert.NotNull(await renewed);
        await world.StateAsync(silo, id, JobState.Running);

        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => RenewAsync(silo, id, 1));
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await world.StateAsync(silo, id, JobState.Retrying);
    }

    [Fact]
    public async Task A_cancelled_job_ends_at_once_and_its_worker_has_lost_it()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        Assert.Equal(ActResult.Done, (await silo.Shard.CancelAsync(id)).Result);
        Assert.Null(await RenewAsync(silo, id, 1));
        Assert.False(await CompleteAsync(silo, Succeeded(id, 1)));
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Cancelled, 1), (end.State, end.Attempt));
    }

    [Fact]
    public async Task What_is_returned_costs_nothing_and_has_a_new_number()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "", new JobOptions { Retry = new RetryPolicy(1) });
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(attempt, Assert.Single(await LeaseAsync(silo)).Lease.Attempt);
            Assert.True(await CompleteAsync(silo, new JobResult(id, attempt, AttemptOutcome.Returned, default, default)));
        }

        await LeaseAsync(silo);
        Assert.True(await CompleteAsync(silo, Failed(id, 4)));
        Assert.Equal((JobState.Failed, "Broken"), ((await world.EndAsync(id)).State, (await world.EndAsync(id)).ErrorType));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_next_owner_leaves_a_job_with_its_worker_under_the_same_attempt(bool isClean)
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside", "x");
        var ready = await silo.SubmitAsync("outside", "y");
        Assert.Equal(id, Assert.Single(await LeaseAsync(silo)).Lease.Id);
        var started = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await RenewAsync(silo, id, 1);
        if (isClean)
            await world.Clock.AdvanceUntilAsync(silo.StopAsync(), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        else
            silo.Crash();
        Assert.Equal(isClean, (await world.Store.ShardsAsync(CancellationToken.None)).Single().Owner is null);

        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        await world.StateAsync(next, id, JobState.Running);
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.NotNull(await RenewAsync(next, id, 1));
        Assert.Equal(ready, Assert.Single(await LeaseAsync(next, max: 5)).Lease.Id);
        Assert.True(await CompleteAsync(next, Succeeded(id, 1)));
        var end = await world.EndAsync(id);
        Assert.Equal((1, started), (end.Attempt, end.StartedAt));
        Assert.Empty(await world.AttemptsAsync(id));
    }

    [Fact]
    public async Task A_lease_that_ran_out_while_nobody_owned_the_shard_fails_at_the_next_owner_by_the_jobs_own_policy()
    {
        var silo = await world.StartAsync();
        var once = await silo.SubmitAsync("outside", "", new JobOptions { Retry = new RetryPolicy(1) });
        var twice = await silo.SubmitAsync("outside");
        Assert.Equal(2, (await LeaseAsync(silo, max: 2)).Length);
        silo.Crash();
        world.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        var end = await world.EndLaterAsync(once, TimeSpan.FromMilliseconds(100));
        Assert.Equal((JobState.Failed, "lease-expired", 1), (end.State, end.ErrorType, end.Attempt));
        await JobWorld.EventuallyAsync(async () => (await world.AttemptsAsync(twice)).Count == 1, "the other is tried again");
        await JobWorld.EventuallyAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(200));
                return await LeaseAsync(next) is [{ Lease.Attempt: 2 }];
            },
            "it is leased again");
    }

    [Fact]
    public async Task What_ended_before_an_owner_died_is_not_leased_to_anybody_by_an_old_row()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        await CompleteAsync(silo, new JobResult(id, 1, AttemptOutcome.Returned, default, default));
        silo.Crash();
        var next = await world.StartAsync();
        await next.Shard.WakeAsync();
        await world.StateAsync(next, id, JobState.Ready);
        Assert.False(await CompleteAsync(next, Succeeded(id, 1)));
        Assert.True(Assert.Single(await LeaseAsync(next)).Lease.Attempt > 1);
    }

    [Fact]
    public async Task Losses_of_silos_do_not_touch_what_is_outside()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        silo.View.Set(TestView.SiloOf(silo.View.Self), TestView.SiloOf("other", "aside"));
        silo.View.Set(TestView.SiloOf(silo.View.Self));
        await silo.Shard.DisownAsync("outside", new PumpCall("other", 1), []);
        await JobWorld.PauseAsync();
        await world.StateAsync(silo, id, JobState.Running);
        Assert.True(await CompleteAsync(silo, Succeeded(id, 1)));
    }

    [Fact]
    public async Task Who_waits_is_rung_when_a_job_comes_or_comes_back()
    {
        var silo = await world.StartAsync();
        var ready = silo.Shard.ReadyOutsideAsync(["other", "outside"], CancellationToken.None);
        await JobWorld.PauseAsync();
        Assert.False(ready.IsCompleted);
        var id = await silo.SubmitAsync("outside");
        await ready.WaitAsync(TimeSpan.FromSeconds(30));
        await silo.Shard.ReadyOutsideAsync(["outside"], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        await LeaseAsync(silo);
        ready = silo.Shard.ReadyOutsideAsync(["outside"], CancellationToken.None);
        await JobWorld.PauseAsync();
        Assert.False(ready.IsCompleted);
        await CompleteAsync(silo, new JobResult(id, 1, AttemptOutcome.Returned, default, default));
        await ready.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Those_who_wait_do_not_keep_a_shard_that_is_lost()
    {
        var silo = await world.StartAsync();
        await silo.SubmitAsync("outside");
        await LeaseAsync(silo);
        var ready = silo.Shard.ReadyOutsideAsync(["outside"], CancellationToken.None);
        await JobWorld.PauseAsync();
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("outside"));
        await ready.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Jobs_of_an_ordinary_function_go_out_as_well_by_priority_and_from_a_full_memory()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync("hold");
        var late = await silo.SubmitAsync("echo", "late", new JobOptions { Priority = 5 });
        var ids = new List<JobId>();
        for (var i = 0; i < 30; i++)
            ids.Add(await silo.SubmitAsync("echo", $"{i}"));
        var leased = new List<OutsideJob>();
        while (leased.Count < 31)
            leased.AddRange(await LeaseAsync(silo, max: 256, functions: ["nothing", "echo"]));
        Assert.Equal([.. ids, late], leased.Select(job => job.Lease.Id));
        Assert.Equal("\"late\"", Encoding.UTF8.GetString(leased[^1].Lease.Spec.Input.Span));
        Assert.Equal(0, silo.Budget.Used);
    }

    [Fact]
    public async Task A_function_that_is_not_external_any_more_is_run_here()
    {
        var silo = await world.StartAsync("hold");
        var host = Hearth.Tests.Functions.TestHost.Create(world.Clock);
        silo.Functions.Exchange([Hearth.Functions.ExternalFunction.Create("echo", new(), host)]);
        var id = await silo.SubmitAsync("echo", "x");
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(id));
        silo.Functions.Exchange([.. world.Functions().Where(f => f.Name == "echo")]);
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_damaged_job_fails_and_the_others_go_out()
    {
        world.PayloadBytes = 0;
        var silo = await world.StartAsync();
        var (damaged, whole) = (await silo.SubmitAsync("outside"), await silo.SubmitAsync("outside"));
        world.Memory.Damage(damaged);
        Assert.Equal(whole, Assert.Single(await LeaseAsync(silo, max: 2)).Lease.Id);
        await JobWorld.EventuallyAsync(
            async () => (await world.Store.FindAsync(damaged, CancellationToken.None)) is { State: JobState.Failed, ErrorType: "corrupt" }, "it fails");
    }

    private static JobResult Succeeded(JobId id, int attempt) => new(id, attempt, AttemptOutcome.Succeeded, default, default, "7"u8.ToArray(), "application/json");

    private static JobResult Failed(JobId id, int attempt) => new(id, attempt, AttemptOutcome.Failed, default, default, Error: "it broke", ErrorType: "Broken");

    private static Task<OutsideJob[]> LeaseAsync(JobSilo silo, int max = 1, string[]? functions = null) =>
        silo.Shard.LeaseOutsideAsync(new OutsideAsk(functions ?? ["outside"], max, "worker", Lease));

    private static async Task<bool> CompleteAsync(JobSilo silo, JobResult result) => (await silo.Shard.CompleteOutsideAsync([result])).Single();

    private static async Task<DateTimeOffset?> RenewAsync(JobSilo silo, JobId id, int attempt, TimeSpan? lease = null) =>
        (await silo.Shard.RenewOutsideAsync([new HeldAttempt(id, attempt)], lease ?? Lease)).Single();
}
