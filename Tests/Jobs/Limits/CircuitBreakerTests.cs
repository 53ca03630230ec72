using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A circuit breaker in a shard's memory, without the shard.</summary>
public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void So_many_failures_of_the_last_attempts_open_it_and_nothing_starts_until_the_pause_is_over()
    {
        var rig = Rig(new QueueBreaker(3, Of: 4, Pause: TimeSpan.FromSeconds(10)));
        Run(rig, "-++-+-");
        Assert.Equal(BreakerState.Closed, rig.Breaker!.StateAt(rig.Now));
        Run(rig, "-");
        Assert.Equal(BreakerState.Open, rig.Breaker.StateAt(rig.Now));
        var waiting = rig.Add();
        Assert.Null(rig.Start());
        Assert.Equal((rig.Now + (10 * Second.Ticks), rig.Limits!.NextTime), (rig.Limits.NextTime, rig.ArmedFor));
        rig.Now += (10 * Second.Ticks) - 1;
        Assert.Null(rig.Start());
        Assert.Equal(0, waiting.Attempt);
        rig.Rung.Clear();
        rig.Now++;
        rig.Limits.Tick();
        Assert.Equal([waiting], rig.Answer());
    }

    [Fact]
    public void Attempts_that_ended_long_ago_do_not_count()
    {
        var rig = Rig(new QueueBreaker(2, Within: TimeSpan.FromSeconds(60)));
        Run(rig, "-");
        rig.Now += 60 * Second.Ticks;
        Run(rig, "-");
        Assert.Equal((BreakerState.Closed, (int?)1), (rig.Breaker!.StateAt(rig.Now), rig.Limits!.Show()!.Breaker!.Failures));
        rig.Now += 59 * Second.Ticks;
        Run(rig, "-");
        Assert.Equal(BreakerState.Open, rig.Breaker.StateAt(rig.Now));
    }

    [Fact]
    public void At_most_so_many_probes_run_at_once_and_the_first_that_succeeds_closes_it()
    {
        var rig = Rig(new QueueBreaker(1, Probes: 2));
        Run(rig, "-");
        for (var i = 0; i < 5; i++)
            rig.Add();
        rig.Now += 30 * Second.Ticks;
        var (one, two) = (rig.Start()!, rig.Start()!);
        Assert.Null(rig.Start());
        // What says nothing of the destination leaves its place to the next.
        rig.End(one);
        var next = rig.Start()!;
        Assert.Null(rig.Start());
        Assert.Equal(BreakerState.HalfOpen, rig.Breaker!.StateAt(rig.Now));
        rig.Rung.Clear();
        rig.Now++;
        Assert.True(rig.Limits!.Judge(two, failed: false));
        Assert.Equal(2, rig.Answer().Count);
        // It started before it was closed.
        Assert.False(rig.Limits.Judge(next, failed: true));
    }

    [Fact]
    public void Each_probe_that_fails_doubles_the_pause_up_to_a_bound_and_a_success_makes_it_short_again()
    {
        var rig = Rig(new QueueBreaker(1, Pause: Second, PauseMax: TimeSpan.FromSeconds(5)));
        foreach (var pause in new[] { 1, 2, 4, 5, 5 })
        {
            Run(rig, "-");
            Assert.Equal(rig.Now + (pause * Second.Ticks), rig.Breaker!.OpenUntil);
            rig.Now = rig.Breaker.OpenUntil;
        }

        Run(rig, "+");
        rig.Now++;
        Run(rig, "-");
        Assert.Equal(rig.Now + Second.Ticks, rig.Breaker!.OpenUntil);
    }

    [Fact]
    public void A_job_that_was_taken_is_not_handed_out_when_it_was_opened_meanwhile()
    {
        var rig = Rig(new QueueBreaker(1));
        rig.Add();
        var taken = rig.Memory.QueueOf("f")!.Take()!;
        taken.State = JobState.Running;
        rig.Limits!.Reserve(taken);
        Run(rig, "-");
        Assert.False(rig.Limits.TryHandOut(taken));
        rig.Now += 30 * Second.Ticks;
        Assert.False(rig.Limits.TryHandOut(taken));
    }

    [Fact]
    public void Whoever_resets_it_lets_everything_start_that_waits()
    {
        var rig = Rig(new QueueBreaker(1));
        Run(rig, "-");
        var waiting = Enumerable.Range(0, 3).Select(_ => rig.Add()).ToList();
        Assert.Empty(rig.Answer());
        rig.Limits!.EndBackOff();
        Assert.Equal(waiting, rig.Answer());
    }

    private static LimitsRig Rig(QueueBreaker rule)
    {
        var rig = new LimitsRig(null);
        rig.Breaker = new CircuitBreaker(rule, rig.Now);
        rig.Use(new QueueLimits());
        return rig;
    }

    /// <summary>Jobs that run one after the other; + succeeds, - fails.</summary>
    private static void Run(LimitsRig rig, string outcomes)
    {
        foreach (var outcome in outcomes)
        {
            var job = rig.Add();
            Assert.Equal(job, rig.Start());
            rig.Limits!.Judge(job, outcome == '-');
            rig.End(job);
        }
    }
}
