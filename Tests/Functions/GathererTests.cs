using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Registration;
using Hearth.Functions.Runs;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Functions;

/// <summary>Runs that wait for each other, and then for one body: on a clock that stands still.</summary>
public sealed class GathererTests : JobWorldTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(2);

    private readonly ConcurrentQueue<string[]> batches = new();
    private readonly TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int joined;

    public override async Task DisposeAsync()
    {
        gate.TrySetResult();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_body_that_hangs_keeps_a_slot_so_there_are_never_more_of_them_than_slots()
    {
        var function = Function(
            async items =>
            {
                await gate.Task;
                return Answer(items);
            },
            concurrency: 2);
        using var watch = new RunWatch(new FunctionRegistry([function]), world.Clock);
        await HangAsync("a", "b");
        await UsesAsync(1);
        await HangAsync("c");
        await JobWorld.PauseAsync();
        Assert.Equal([["a", "b"], ["c"]], batches);
        Assert.Null(function.Slots.TryTake());
        gate.SetResult();
        await UsesAsync(0);

        async Task HangAsync(params string[] inputs)
        {
            var bodies = batches.Count;
            var runs = new List<TestHost.Started>();
            foreach (var input in inputs)
                runs.Add(await JoinAsync(function, input));
            world.Clock.Advance(Window);
            await JobWorld.EventuallyAsync(() => batches.Count > bodies, "its body is called");
            world.Clock.Advance(Timeout);
            watch.Tick();
            foreach (var (run, ended) in runs)
            {
                Assert.Equal(RunEnd.TimedOut, (await InTime(ended)).End);
                run.Release();
            }
        }

        Task UsesAsync(int slots) => JobWorld.EventuallyAsync(() => function.Slots.InUse == slots, $"{slots} slots are in use");
    }

    [Fact]
    public async Task What_joins_in_the_window_is_one_batch_and_what_comes_later_another()
    {
        var function = Function(items => Task.FromResult(Answer(items)));
        var (a, b) = (await JoinAsync(function, "a"), await JoinAsync(function, "b"));
        world.Clock.Advance(Window);
        await SucceedAsync(a, b);
        var c = await JoinAsync(function, "c");
        world.Clock.Advance(Window);
        await SucceedAsync(c);
        Assert.Equal([["a", "b"], ["c"]], batches);
    }

    [Fact]
    public async Task An_input_whose_time_would_be_over_in_the_window_ends_it_after_half_of_that_time()
    {
        var function = Function(items => Task.FromResult(Answer(items)));
        var patient = await JoinAsync(function, "patient");
        var hurried = await JoinAsync(function, "hurried", Window / 2);
        world.Clock.Advance(Window / 4);
        await SucceedAsync(patient, hurried);
        Assert.Equal([["patient", "hurried"]], batches);
    }

    [Fact]
    public async Task An_outcome_that_was_not_set_is_no_success()
    {
        var function = Function(_ => Task.FromResult<IReadOnlyList<BatchOutcome<string>>>(new BatchOutcome<string>[2]), max: 2);
        var (a, b) = (await JoinAsync(function, "a"), await JoinAsync(function, "b"));
        Assert.Contains("outcome 0 was not set", (await InTime(a.Ended)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("outcome 1 was not set", (await InTime(b.Ended)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_loses_its_lease_in_the_window_begins_none_of_its_jobs_and_answers_its_calls()
    {
        var function = Function(items => Task.FromResult(Answer(items)));
        await using var silo = await StartAsync("silo", function);
        var job = await SubmitAsync(silo, "job");
        await JoinedAsync(1);
        var call = await JoinAsync(function, "call");
        silo.View.MayStartJobs = false;
        world.Clock.Advance(Window);
        await SucceedAsync(call);
        await world.StateAsync(silo, job, JobState.Ready);
        Assert.Equal([["call"]], batches);

        silo.View.MayStartJobs = true;
        await EndsAtSecondAsync(job);
        Assert.Equal([["call"], ["job"]], batches);
    }

    [Fact]
    public async Task Jobs_that_wait_in_the_window_when_the_silo_stops_are_handed_back_at_no_cost()
    {
        await using var silo = await StartAsync("silo/1", Function(items => Task.FromResult(Answer(items))));
        var (a, b) = (await SubmitAsync(silo, "a"), await SubmitAsync(silo, "b"));
        await JoinedAsync(2);
        await world.Clock.AdvanceUntilAsync(silo.StopAsync(), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Assert.Equal([(1, AttemptKind.Returned)], (await world.AttemptsAsync(a)).Select(one => (one.Attempt, one.Kind)));
        Assert.Empty(batches);

        await using var next = await StartAsync("silo/2", Function(items => Task.FromResult(Answer(items))));
        await next.Shard.WakeAsync();
        await JoinedAsync(4);
        await EndsAtSecondAsync(a);
        await EndsAtSecondAsync(b);
        Assert.Equal(["a", "b"], Assert.Single(batches).Order());
    }

    private static IReadOnlyList<BatchOutcome<string>> Answer(IReadOnlyList<BatchItem<string>> items) => [.. items.Select(item => (BatchOutcome<string>)item.Input)];

    private static Task<RunOutcome> InTime(Task<RunOutcome> ended) => ended.WaitAsync(TimeSpan.FromSeconds(60));

    private static async Task SucceedAsync(params TestHost.Started[] runs)
    {
        foreach (var (run, ended) in runs)
        {
            Assert.Equal(RunEnd.Succeeded, (await InTime(ended)).End);
            run.Release();
        }
    }

    /// <summary>As <see cref="HearthApplicationBuilder"/> adds it; it tells what its body is given, and when a run has begun to wait.</summary>
    private TypedFunction<string, string> Function(
        Func<IReadOnlyList<BatchItem<string>>, Task<IReadOnlyList<BatchOutcome<string>>>> body, int max = 10, int concurrency = 20)
    {
        var gatherer = new Gatherer<string, string>(
            "f",
            (items, _) =>
            {
                batches.Enqueue([.. items.Select(item => item.Input)]);
                return body(items);
            },
            max, Window, world.Clock);
        return new TypedFunction<string, string>(
            "f", new FunctionOptions { Concurrency = concurrency, Timeout = Timeout }, TestHost.Create(world.Clock),
            (input, _, context, stop) =>
            {
                var run = gatherer.RunAsync(input, context, stop);
                Interlocked.Increment(ref joined);
                return new ValueTask<string>(run);
            });
    }

    private Task<JobSilo> StartAsync(string owner, ServedFunction function) => JobSilo.StartAsync(
        world.Store, world.Clock, [function], new JobsOptions(owner) { StopGrace = TimeSpan.Zero }, queues: world.Queues);

    /// <summary>A job that has one attempt only.</summary>
    private static Task<JobId> SubmitAsync(JobSilo silo, string input) =>
        silo.SubmitAsync("f", input, new JobOptions { Retry = new RetryPolicy(1) });

    /// <summary>Starts a run outside of any job, and waits until it waits for others.</summary>
    private async Task<TestHost.Started> JoinAsync(ServedFunction function, string input, TimeSpan? timeout = null)
    {
        var before = Volatile.Read(ref joined);
        var run = function.Slots.TryTake()!;
        Assert.Null(run.ReadInput(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(input)), MediaTypes.Text, lenient: false));
        var context = function.CreateContext(MediaTypes.Text, ImmutableDictionary<string, string>.Empty, timeout: timeout);
        var ended = run.StartAsync(context, timeout ?? Timeout, CancellationToken.None).AsTask();
        await JoinedAsync(before + 1);
        return new TestHost.Started(run, ended);
    }

    private Task JoinedAsync(int count) => JobWorld.EventuallyAsync(() => Volatile.Read(ref joined) >= count, $"{count} runs wait");

    private async Task EndsAtSecondAsync(JobId job)
    {
        var end = await world.EndLaterAsync(job, TimeSpan.FromMinutes(5));
        Assert.Equal((JobState.Succeeded, 2), (end.State, end.Attempt));
    }
}
