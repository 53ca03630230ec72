using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Jobs.Pumps;

/// <summary>A pump beside a shard that does what the test says.</summary>
public sealed class JobPumpTests : JobWorldTests
{
    private const string Key = "default/queue/0";

    private readonly StubShard shard = new();
    private readonly TestView view = new("silo");
    private readonly FunctionRegistry functions;
    private readonly JobPump pump;
    private int counter;

    public JobPumpTests()
    {
        functions = new FunctionRegistry(world.Functions());
        var runner = new JobRunner(functions, new InMemoryJobStore(world.Clock), NullLogger<JobRunner>.Instance);
        pump = new JobPump(runner, StubGrainFactory.Of(shard), view, new JobsOptions("silo"), world.Clock, NullLogger<JobPump>.Instance);
    }

    [Fact]
    public async Task A_ring_between_the_question_and_the_answer_is_heard()
    {
        var answer = Signal();
        shard.Lease = async (_, _) =>
        {
            await answer.Task;
            return [];
        };
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Leases == 1, "it asks");
        pump.Ring(Key, "echo");
        pump.Ring(Key, "echo");
        answer.SetResult();
        await JobWorld.EventuallyAsync(() => shard.Leases == 2, "it asks again");
        await JobWorld.PauseAsync();
        Assert.Equal(2, shard.Leases);
    }

    [Fact]
    public async Task Jobs_of_a_pool_that_this_silo_does_not_carry_are_not_asked_for()
    {
        pump.Ring("gpu/queue/0", "echo");
        await JobWorld.PauseAsync();
        Assert.Equal(0, shard.Leases);
        view.Set(TestView.SiloOf("silo", "default", "gpu"));
        pump.Ring("gpu/queue/0", "echo");
        await JobWorld.EventuallyAsync(() => shard.Leases == 1, "it asks");
    }

    [Fact]
    public async Task Of_suspects_those_are_asked_for_whose_pool_this_silo_carries()
    {
        var asked = new TaskCompletionSource<IReadOnlyCollection<string>>(TaskCreationOptions.RunContinuationsAsynchronously);
        shard.SuspectsAsked = names => asked.TrySetResult(names);
        pump.RingSuspects("gpu/queue/0");
        Assert.Empty(await asked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_job_that_might_not_begin_goes_back_though_the_lease_is_there_again_when_that_is_told()
    {
        shard.Lease = (_, _) => Task.FromResult(shard.Leases == 1 ? Leases("echo", 1) : []);
        // Asked before the lease, before the start, and right before the body.
        view.MayStartAnswers.Enqueue(true);
        view.MayStartAnswers.Enqueue(true);
        view.MayStartAnswers.Enqueue(false);
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => !shard.Completed.IsEmpty, "it is told");
        Assert.Equal(AttemptOutcome.Returned, shard.Completed.Single().Outcome);
        Assert.Empty(world.Runs);
    }

    [Fact]
    public async Task Whatever_becomes_of_an_answer_what_was_in_it_is_taken_back()
    {
        shard.Lease = (_, _) => shard.Leases == 1 ? throw new FormatException("too large to be sent") : Task.FromResult<JobLease[]>([]);
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Disowned.Count == 1, "it is taken back");
    }

    [Fact]
    public async Task A_suspect_whose_answer_is_lost_is_taken_back_until_its_shard_has_heard_it()
    {
        shard.LeaseSuspect = () => shard.Disowned.IsEmpty ? throw new TimeoutException() : Task.FromResult<JobLease?>(null);
        shard.DisownFailures = 2;
        pump.RingSuspects(Key);
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return shard.Disowned.Count == 1;
            },
            "it is taken back");
    }

    [Fact]
    public async Task A_lease_that_fails_is_asked_for_again_and_costs_no_slot()
    {
        shard.Lease = (_, max) => shard.Leases < 3 ? throw new InvalidOperationException("no") : Task.FromResult(shard.Leases == 3 ? Leases("echo", 2) : []);
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return shard.Completed.Count == 2;
            },
            "both are run");
        await JobWorld.EventuallyAsync(() => functions.Find("echo")!.Slots.InUse == 0, "all slots are free");
    }

    [Fact]
    public async Task It_asks_for_as_many_as_have_a_slot_and_goes_on_while_there_are_more()
    {
        var asked = new List<int>();
        shard.Lease = (function, max) =>
        {
            asked.Add(max);
            return Task.FromResult(asked.Count <= 3 ? Leases(function, max) : []);
        };
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => !shard.Completed.IsEmpty && shard.Completed.Count == asked.Take(3).Sum() && asked.Count > 3, "all are run");
        Assert.All(asked, max => Assert.InRange(max, 1, world.Concurrency));
    }

    [Fact]
    public async Task A_shard_on_a_silo_that_hangs_keeps_no_slot_from_the_others_and_what_it_answers_late_runs_all_the_same()
    {
        var answer = new TaskCompletionSource<JobLease[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        shard.Lease = (_, _) => shard.Leases switch
        {
            1 => answer.Task,
            2 => Task.FromResult(Leases("echo", 1)),
            _ => Task.FromResult<JobLease[]>([]),
        };
        pump.Ring(Key, "echo", isRemote: true);
        await JobWorld.EventuallyAsync(() => shard.Leases == 1, "the one that hangs is asked");
        pump.Ring("default/other/0", "echo");
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return shard.Completed.Count == 1;
            },
            "the other's job is run");
        Assert.Equal(0, functions.Find("echo")!.Slots.InUse);
        pump.Ring(Key, "echo", isRemote: true);
        await JobWorld.PauseAsync();
        Assert.Equal(2, shard.Leases);

        answer.SetResult(Leases("echo", world.Concurrency + 1));
        await JobWorld.EventuallyAsync(() => shard.Completed.Count == world.Concurrency + 2, "those that came late are run or go back");
        await JobWorld.EventuallyAsync(() => shard.Leases == 3, "it is asked again");
    }

    [Fact]
    public async Task A_result_is_told_until_it_is_acknowledged_and_its_attempt_is_held_till_then()
    {
        var lease = Leases("echo", 1);
        shard.Lease = (_, _) => Task.FromResult(shard.Leases == 1 ? lease : []);
        shard.Complete = _ => shard.Completions < 4 ? throw new InvalidOperationException("no") : Task.CompletedTask;
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Completions == 1, "it is told");
        Assert.Equal([new HeldAttempt(lease[0].Id, 1)], pump.HeldOf(Key, 0));
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return pump.HeldOf(Key, 0).Length == 0;
            },
            "it is acknowledged");
        Assert.Single(shard.Completed);
    }

    [Fact]
    public async Task It_leases_no_more_when_results_pile_up_and_goes_on_when_they_are_taken()
    {
        var taken = Signal();
        shard.Lease = (function, max) => Task.FromResult(Leases(function, max));
        shard.Complete = _ => taken.Task;
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => pump.HeldOf(Key, 0).Length >= ShardLink.UnacknowledgedMax, "they pile up");
        await JobWorld.PauseAsync();
        var held = pump.HeldOf(Key, 0).Length;
        Assert.InRange(held, ShardLink.UnacknowledgedMax, ShardLink.UnacknowledgedMax + 256);
        for (var i = 0; i < 1_000; i++)
            pump.Ring(Key, "echo");
        await JobWorld.PauseAsync();
        Assert.Equal(held, pump.HeldOf(Key, 0).Length);
        shard.Lease = (_, _) => Task.FromResult<JobLease[]>([]);
        var leases = shard.Leases;
        taken.SetResult();
        await JobWorld.EventuallyAsync(() => pump.HeldOf(Key, 0).Length == 0 && shard.Leases > leases, "it goes on");
    }

    [Fact]
    public async Task A_job_cancelled_before_its_lease_arrives_does_not_start()
    {
        var lease = Leases("echo", 1);
        shard.Lease = (_, _) => Task.FromResult(shard.Leases == 1 ? lease : []);
        pump.Cancel(Key, lease[0].Id);
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Completed.Count == 1, "it is returned");
        Assert.Equal(AttemptOutcome.Returned, shard.Completed.Single().Outcome);
        Assert.Empty(world.Runs);
    }

    [Fact]
    public async Task Cancels_are_forgotten_after_a_while()
    {
        var lease = Leases("echo", 1);
        shard.Lease = (_, _) => Task.FromResult(shard.Leases == 1 ? lease : []);
        pump.Cancel(Key, lease[0].Id);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var since = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 200_000; i++)
            pump.Cancel(Key, NextId());
        Assert.InRange(TimeProvider.System.GetElapsedTime(since).TotalSeconds, 0, 20);
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 1, "it runs");
    }

    [Fact]
    public async Task What_a_former_owner_handed_out_does_not_start_when_it_arrives_late()
    {
        var answer = Signal();
        var (late, own) = (Leases("echo", 3), Leases("echo", 1, epoch: 2));
        shard.Lease = async (_, _) =>
        {
            if (shard.Leases == 1)
                await answer.Task;
            return shard.Leases == 1 ? late : shard.Leases == 2 ? own : [];
        };
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Leases == 1, "it asks");
        Assert.Empty(pump.HeldOf(Key, 2));
        answer.SetResult();
        pump.Ring(Key, "echo");
        await JobWorld.EventuallyAsync(() => shard.Completed.Count == 1, "the new owner's job is run");
        Assert.Equal([own[0].Id], world.Runs.Select(run => run.Id));
        await JobWorld.EventuallyAsync(() => functions.Find("echo")!.Slots.InUse == 0, "all slots are free");
    }

    [Fact]
    public async Task The_end_of_an_old_attempt_does_not_hide_the_one_that_runs()
    {
        var id = NextId();
        JobLease first = new(id, 1, 1, JobWorld.Spec("hold", "first")), second = new(id, 2, 1, JobWorld.Spec("hold", "second"));
        shard.Lease = (_, _) => Task.FromResult<JobLease[]>(shard.Leases switch { 1 => [first], 2 => [second], _ => [] });
        pump.Ring(Key, "hold");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 1, "the first runs");
        pump.Ring(Key, "hold");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 2, "the second runs");
        world.Gate("first").SetResult();
        await JobWorld.EventuallyAsync(() => shard.Completed.Count == 1, "the first has ended");
        Assert.Equal([new HeldAttempt(id, 2)], pump.HeldOf(Key, 0));
        pump.Cancel(Key, id);
        await JobWorld.EventuallyAsync(() => shard.Completed.Count == 2, "the second is cut off");
    }

    [Fact]
    public async Task A_pump_that_was_stopped_starts_nothing_whoever_rings()
    {
        var ready = Leases("echo", 1)[0];
        shard.Lease = (function, max) => Task.FromResult(Leases(function, 1));
        shard.LeaseSuspect = () => Task.FromResult<JobLease?>(ready);
        await pump.StopAsync();
        pump.Ring(Key, "echo");
        pump.RingSuspects(Key);
        await JobWorld.PauseAsync();
        pump.Ring(Key, "echo");
        await JobWorld.PauseAsync();
        Assert.Empty(world.Runs);
        pump.Dispose();
        pump.Ring(Key, "echo");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, functions.Find("echo")!.Slots.InUse);
    }

    [Fact]
    public async Task Runs_that_outlive_the_grace_are_cut_off_and_handed_back()
    {
        shard.Lease = (_, _) => Task.FromResult(shard.Leases == 1 ? Leases("stuck", 3) : []);
        pump.Ring(Key, "stuck");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 3, "they run");
        await world.Clock.AdvanceUntilAsync(pump.StopAsync(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Assert.Equal(3, shard.Completed.Count);
        Assert.All(shard.Completed, result => Assert.Equal(AttemptOutcome.Returned, result.Outcome));
    }

    [Fact]
    public async Task Many_suspects_run_one_at_a_time_and_nothing_beside_them()
    {
        var (runningNow, most) = (0, 0);
        var left = 5;
        shard.LeaseSuspect = () => Task.FromResult<JobLease?>(Interlocked.Decrement(ref left) >= 0 ? Leases("hold", 1, input: $"s{left}")[0] : null);
        shard.Lease = (function, max) => Task.FromResult(left > 0 ? Leases(function, 1) : []);
        pump.RingSuspects(Key);
        pump.Ring(Key, "echo");
        for (var i = 4; i >= 0; i--)
        {
            await JobWorld.EventuallyAsync(() => world.Runs.Any(run => run.Input == $"s{i}"), "it runs");
            pump.Ring(Key, "echo");
            await JobWorld.PauseAsync();
            (runningNow, most) = (pump.HeldOf(Key, 0).Length, Math.Max(most, pump.HeldOf(Key, 0).Length));
            Assert.DoesNotContain(world.Runs, run => run.Function == "echo");
            world.Gate($"s{i}").SetResult();
        }

        Assert.Equal((1, 1), (runningNow, most));
        await JobWorld.EventuallyAsync(() => shard.Completed.Count >= 5, "all have ended");
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        pump.Dispose();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private JobLease[] Leases(string function, int count, long epoch = 1, string input = "g") =>
        [.. Enumerable.Range(0, count).Select(_ => new JobLease(NextId(), 1, epoch, JobWorld.Spec(function, input)))];

    private JobId NextId() => JobId.Create(1, Interlocked.Increment(ref counter), 1, 1);
}
