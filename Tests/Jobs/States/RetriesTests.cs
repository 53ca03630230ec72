using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;

namespace Hearth.Tests.Jobs.States;

/// <summary>A failure names its seed; <c>Config.WithReplay</c> takes it.</summary>
public sealed class RetriesTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(5_000);

    /// <summary>What policies allow, and odd ones beside.</summary>
    private static Arbitrary<RetryPolicy> Policies => Arb.From(
        from attempts in Gen.Choose(1, 1_000)
        from initial in Gen.OneOf(Gen.Constant(0L), Gen.Choose(0, 1_000).Select(ms => ms * TimeSpan.TicksPerMillisecond), Gen.Choose(0, 100_000).Select(h => h * TimeSpan.TicksPerHour))
        from factor in Gen.Choose(100, 1_000).Select(f => f / 100.0)
        from cap in Gen.OneOf(Gen.Constant((TimeSpan?)null), Gen.Choose(0, 100_000).Select(s => (TimeSpan?)TimeSpan.FromSeconds(s)), Gen.Constant((TimeSpan?)TimeSpan.MaxValue))
        from jitter in Gen.Choose(0, 100).Select(j => j / 100.0)
        select new RetryPolicy(attempts, TimeSpan.FromTicks(initial), factor, cap, jitter));

    private static Arbitrary<(int Failures, double Chance)> Tries => Arb.From(
        from failures in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 1_000))
        from chance in Gen.Choose(0, 1_000)
        select (failures, chance / 1_000.0));

    [Fact]
    public void A_wait_is_never_negative_and_never_above_the_cap() => Check.One(Runs, Prop.ForAll(Policies, Tries, (policy, tried) =>
    {
        var wait = Retries.Wait(policy, tried.Failures, tried.Chance);
        var cap = policy.Cap ?? (policy.Initial!.Value.TotalSeconds * 100 < TimeSpan.MaxValue.TotalSeconds ? policy.Initial.Value * 100 : TimeSpan.MaxValue);
        return wait >= TimeSpan.Zero && wait <= Retries.WaitMax && wait - TimeSpan.FromTicks(1) <= cap;
    }));

    [Fact]
    public void Each_wait_without_jitter_is_at_least_the_one_before() => Check.One(Runs, Prop.ForAll(Policies, Tries, (policy, tried) =>
        Retries.Wait(policy, tried.Failures + 1, 0) >= Retries.Wait(policy, tried.Failures, 0)));

    [Fact]
    public void Jitter_shortens_a_wait_by_up_to_its_share() => Check.One(Runs, Prop.ForAll(Policies, Tries, (policy, tried) =>
    {
        var (full, some) = (Retries.Wait(policy, tried.Failures, 0), Retries.Wait(policy, tried.Failures, tried.Chance));
        return some <= full && some >= (full * (1 - policy.Jitter)) - TimeSpan.FromMilliseconds(1);
    }));

    [Fact]
    public void As_many_tries_are_left_as_the_policy_says() => Check.One(Runs, Prop.ForAll(Policies, policy =>
        Enumerable.Range(1, policy.Attempts + 1).Count(failures => Retries.AreLeft(policy, failures, "SomeException")) == policy.Attempts - 1));

    [Fact]
    public void A_named_error_ends_the_job_at_once_and_others_do_not()
    {
        var policy = new RetryPolicy(NonRetryable: ["ArgumentException", "timeout"]);
        Assert.False(Retries.AreLeft(policy, 1, "timeout"));
        Assert.False(Retries.AreLeft(policy, 1, "ArgumentException"));
        Assert.True(Retries.AreLeft(policy, 1, "argumentexception"));
        Assert.True(Retries.AreLeft(policy, 1, null));
    }

    /// <summary>Nothing, times a factor that has grown beyond all numbers, is no number; the result could never be delivered.</summary>
    [Fact]
    public void A_policy_without_a_wait_has_none_however_often_it_failed() =>
        Assert.Equal(TimeSpan.Zero, Retries.Wait(new RetryPolicy(1_000, TimeSpan.Zero, Factor: 10), 400, 0.5));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(7, 64)]
    [InlineData(8, 100)]
    [InlineData(999, 100)]
    public void The_default_doubles_from_a_second_up_to_a_hundred(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Retries.Wait(RetryPolicy.Default, failures, 0));
}
