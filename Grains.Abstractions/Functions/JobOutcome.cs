using System.Globalization;
using Hearth.Jobs;

namespace Hearth.Functions;

/// <summary>
/// Ways in which a run can end beside a result and a failure: <c>throw JobOutcome.Snooze(TimeSpan.FromMinutes(5));</c>. They are meant for jobs; a
/// synchronous call is answered 503 with <c>Retry-After</c> (<see cref="Snooze"/>, <see cref="RetryAfter"/>) or as a failure.
/// </summary>
public static class JobOutcome
{
    /// <summary>Run again after a time. Costs no attempt of the job's retry policy, and can go on for ever; failures so far still count.</summary>
    /// <param name="wait">1 s to 30 days.</param>
    /// <param name="reason">For people; shown among the job's events.</param>
    /// <param name="backOff">Who waits as well, because the destination is the same.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="wait"/> is out of its bounds.</exception>
    public static FunctionOutcomeException Snooze(TimeSpan wait, string? reason = null, BackOff backOff = BackOff.Job) =>
        new(RunVerdict.Snooze, reason ?? "Not now.", Checked(wait), null) { BackOff = backOff };

    /// <summary>The attempt has failed, and the next one, if the retry policy leaves one, waits for this long instead of what the policy says.</summary>
    /// <param name="wait">1 s to 30 days.</param>
    /// <param name="reason">What failed.</param>
    /// <param name="error">Names the type of the error, which <see cref="RetryPolicy.NonRetryable"/> may list; <c>failed</c> without it.</param>
    /// <param name="backOff">Who waits as well, because the destination is the same.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="wait"/> is out of its bounds.</exception>
    public static FunctionOutcomeException RetryAfter(TimeSpan wait, string reason, Exception? error = null, BackOff backOff = BackOff.Job) =>
        new(RunVerdict.RetryAfter, reason, Checked(wait), error) { BackOff = backOff };

    /// <summary>The job is of no use any more: it ends as cancelled, without another attempt.</summary>
    /// <param name="reason">Why; the job's error, under the type <c>discarded</c>.</param>
    public static FunctionOutcomeException Discard(string reason) => new(RunVerdict.Discard, reason, null, null);

    /// <summary>The job has failed in a way that another attempt would not change: it ends as failed at once.</summary>
    /// <param name="reason">What failed.</param>
    /// <param name="error">Names the type of the error; <c>failed</c> without it.</param>
    public static FunctionOutcomeException FailForGood(string reason, Exception? error = null) => new(RunVerdict.FailForGood, reason, null, error);

    private static TimeSpan Checked(TimeSpan wait) => wait >= JobLimits.WaitMin && wait <= JobRules.RetryWaitMax
        ? wait
        : throw new ArgumentOutOfRangeException(
            nameof(wait), wait,
            string.Create(CultureInfo.InvariantCulture, $"The wait must be {JobLimits.WaitMin.TotalSeconds:0} s to {JobRules.RetryWaitMax.TotalDays:0} days."));
}

/// <summary>How a run wants to end; made by <see cref="JobOutcome"/>, to be thrown.</summary>
public sealed class FunctionOutcomeException : FunctionException
{
    internal FunctionOutcomeException(RunVerdict verdict, string reason, TimeSpan? wait, Exception? error)
        : base(reason, error) => (Verdict, Wait) = (verdict, wait);

    /// <summary>What is to happen.</summary>
    public RunVerdict Verdict { get; }

    /// <summary>When the job is to run again, from now; null when it is not.</summary>
    public TimeSpan? Wait { get; }

    /// <summary>Who waits as well.</summary>
    public BackOff BackOff { get; internal init; }
}

/// <summary>Who waits when a run asks to be run again later.</summary>
public enum BackOff
{
    /// <summary>The job alone.</summary>
    Job,

    /// <summary>All jobs with its key: none of them starts before.</summary>
    Key,

    /// <summary>All jobs of its queue.</summary>
    Queue,
}

/// <summary>What a <see cref="FunctionOutcomeException"/> asks for.</summary>
public enum RunVerdict
{
    /// <summary>Again later; no failure.</summary>
    Snooze,

    /// <summary>A failure, and how long the next attempt waits.</summary>
    RetryAfter,

    /// <summary>The end, as cancelled.</summary>
    Discard,

    /// <summary>The end, as failed.</summary>
    FailForGood,
}
