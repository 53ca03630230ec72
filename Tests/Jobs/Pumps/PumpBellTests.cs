using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs.Pumps;

/// <summary>The way from a shard to the pumps of other silos, which do what the test says.</summary>
public sealed class PumpBellTests : JobWorldTests
{
    private const string Key = "gpu/queue/0";

    private readonly TestView view = new("self");
    private readonly StubPump others = new();
    private readonly JobPump local;
    private readonly PumpBell bell;

    public PumpBellTests()
    {
        var functions = new FunctionRegistry(world.Functions());
        var runner = new JobRunner(functions, new InMemoryJobStore(world.Clock), NullLogger<JobRunner>.Instance);
        var grains = StubGrainFactory.Of(others, new StubShard());
        local = new JobPump(runner, grains, view, new JobsOptions("self"), world.Clock, NullLogger<JobPump>.Instance);
        bell = new PumpBell(local, view, functions, grains, world.Clock, NullLogger<PumpBell>.Instance);
        view.Set(TestView.SiloOf("self"), TestView.SiloOf("other", "gpu"));
    }

    public override async Task DisposeAsync()
    {
        bell.Dispose();
        local.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_cancel_is_answered_when_the_silo_that_runs_the_job_knows()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        others.Cancel = () => heard.Task;
        var cancelled = bell.CancelAsync(Key, default, "other");
        await JobWorld.PauseAsync();
        Assert.False(cancelled.IsCompleted);
        heard.SetResult();
        await cancelled.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_cancel_that_fails_is_told_again_until_the_silo_has_gone()
    {
        var tries = 0;
        others.Cancel = () =>
        {
            if (++tries == 3)
                view.Set(TestView.SiloOf("self"));
            throw new SiloUnavailableException("gone");
        };
        var cancelled = bell.CancelAsync(Key, default, "other");
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(250));
                return cancelled.IsCompleted;
            },
            "it is answered");
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task What_still_waits_is_rung_for_again_but_not_for_a_shard_that_has_gone()
    {
        var queue = new FunctionQueue("echo");
        queue.AddLast(new JobEntry(default, queue));
        bell.Ring(Key, queue);
        await JobWorld.EventuallyAsync(() => others.Rings == 1, "it rings");
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(5));
                return others.Rings > 1;
            },
            "it rings again");

        // Its shard leaves while the ring is on its way.
        bell.Forget([queue]);
        bell.Ring(Key, queue);
        await JobWorld.PauseAsync();
        var before = others.Rings;
        for (var i = 0; i < 4; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(5));
            await JobWorld.PauseAsync();
        }

        Assert.Equal(before, others.Rings);
    }

    [Fact]
    public void Suspects_that_run_on_other_silos_are_to_be_rung_for_again()
    {
        Assert.True(bell.RingSuspects(Key, "echo"));
        Assert.False(bell.RingSuspects("default/queue/0", "echo"));
        Assert.False(bell.RingSuspects("none/queue/0", "echo"));
    }

    [Fact]
    public async Task A_function_that_is_not_served_here_is_rung_for_everywhere()
    {
        var queue = new FunctionQueue("newer");
        queue.AddLast(new JobEntry(default, queue));
        bell.Ring("default/queue/0", queue);
        await JobWorld.EventuallyAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(5));
                return others.Rings == 1;
            },
            "the silo that may serve it is rung");
    }

    /// <summary>All other pumps.</summary>
    private sealed class StubPump : IPumpGrain
    {
        private int rings;

        public int Rings => Volatile.Read(ref rings);

        public Func<Task> Cancel { get; set; } = () => Task.CompletedTask;

        public Task RingAsync(PumpRing[] rung)
        {
            Interlocked.Increment(ref rings);
            return Task.CompletedTask;
        }

        public Task RingSuspectsAsync(string shard) => Task.CompletedTask;

        public Task CancelAsync(string shard, JobId id) => Cancel();

        public Task<HeldAttempt[]> HeldOfAsync(string shard, long epoch) => Task.FromResult<HeldAttempt[]>([]);
    }
}
