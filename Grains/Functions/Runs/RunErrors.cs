using System.Globalization;

namespace Hearth.Functions.Runs;

/// <summary>Says why a run did not succeed, in words that may leave the silo.</summary>
internal static class RunErrors
{
    /// <param name="function">What was run.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="timeout">The job's own, or its queue's; null: the function's.</param>
    public static string Describe(ServedFunction function, RunOutcome outcome, TimeSpan? timeout = null) => outcome switch
    {
        { End: RunEnd.TimedOut } => string.Create(
            CultureInfo.InvariantCulture, $"Function '{function.Name}' did not end within {(timeout ?? function.Options.Timeout).TotalSeconds:0.###} s."),
        { End: RunEnd.Cancelled } => $"The run of function '{function.Name}' was cancelled.",
        { Error: FunctionException e } => e.Message,
        { Error: { } e } => $"Function '{function.Name}' threw {e.GetType().Name}; the silo's log has the details.",
        _ => $"Function '{function.Name}' failed.",
    };
}
