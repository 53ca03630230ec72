using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Executables;

/// <summary>What an exit code of a program means, beside failure: the ends of <see cref="JobOutcome"/>.</summary>
internal sealed record ExitMeaning(RunVerdict Verdict, TimeSpan Wait = default, BackOff BackOff = BackOff.Job)
{
    /// <returns>Null when it is none.</returns>
    public static ExitMeaning? Parse(string text) => text.Split(' ') switch
    {
        ["snooze", var wait] => Waiting(RunVerdict.Snooze, wait, "job"),
        ["snooze", var wait, "backOff", var who] => Waiting(RunVerdict.Snooze, wait, who),
        ["retryAfter", var wait] => Waiting(RunVerdict.RetryAfter, wait, "job"),
        ["retryAfter", var wait, "backOff", var who] => Waiting(RunVerdict.RetryAfter, wait, who),
        ["discard"] => new ExitMeaning(RunVerdict.Discard),
        ["failForGood"] => new ExitMeaning(RunVerdict.FailForGood),
        _ => null,
    };

    public FunctionException Because(string reason) => Verdict switch
    {
        RunVerdict.Snooze => JobOutcome.Snooze(Wait, reason, BackOff),
        RunVerdict.RetryAfter => JobOutcome.RetryAfter(Wait, reason, backOff: BackOff),
        RunVerdict.Discard => JobOutcome.Discard(reason),
        _ => JobOutcome.FailForGood(reason),
    };

    private static ExitMeaning? Waiting(RunVerdict verdict, string text, string who) =>
        BackOffText.Parse(who) is { } others && DurationText.Parse(text) is { } wait && wait >= JobLimits.WaitMin && wait <= JobRules.RetryWaitMax
            ? new ExitMeaning(verdict, wait, others)
            : null;
}
