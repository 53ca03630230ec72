namespace Hearth.Functions.Runs;

/// <summary>How a run ended.</summary>
internal enum RunEnd
{
    Succeeded,

    /// <summary>The function threw.</summary>
    Failed,

    /// <summary>Cut off at its deadline; the function may still be winding down and keeps its slot until it has.</summary>
    TimedOut,

    /// <summary>The caller went away, the job was cancelled, or the silo stops.</summary>
    Cancelled,
}

/// <summary>The end of a run as a value.</summary>
/// <param name="End">Which one.</param>
/// <param name="Error">What was thrown, for <see cref="RunEnd.Failed"/>.</param>
internal readonly record struct RunOutcome(RunEnd End, Exception? Error = null)
{
    /// <summary>As what it is counted: a run that asks for another later has done what it should.</summary>
    public RunEnd Counted => Error is FunctionOutcomeException { Verdict: RunVerdict.Snooze } && End == RunEnd.Failed ? RunEnd.Succeeded : End;
}
