using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Executables;

/// <summary>What an exit code of a program means, beside failure: the ends of <see cref="JobOutcome"/>.</summary>
internal sealed record ExitMeaning(RunVerdict Verdict, TimeSpan Wait = default)
{
    /// <returns>Null when it is none.</returns>
    public static ExitMeaning? Parse(string text) => text.Split(' ') switch
    {
        ["snooze", var wait] => Waiting(RunVerdict.Snooze, wait),
        ["retryAfter", var wait] => Waiting(RunVerdict.RetryAfter, wait),
        ["discard"] => new ExitMeaning(RunVerdict.Discard),
        ["failForGood"] => new ExitMeaning(RunVerdict.FailForGood),
        _ => null,
    };

    public FunctionException Because(string reason) => Verdict switch
    {
        RunVerdict.Snooze => JobOutcome.Snooze(Wait, reason),
        RunVerdict.RetryAfter => JobOutcome.RetryAfter(Wait, reason),
        RunVerdict.Discard => JobOutcome.Discard(reason),
        _ => JobOutcome.FailForGood(reason),
    };

    private static ExitMeaning? Waiting(RunVerdict verdict, string text) =>
        DurationText.Parse(text) is { } wait && wait >= JobLimits.WaitMin && wait <= JobRules.RetryWaitMax ? new ExitMeaning(verdict, wait) : null;
}
