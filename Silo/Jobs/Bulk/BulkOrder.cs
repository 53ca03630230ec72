namespace Hearth.Jobs.Bulk;

/// <summary>What is done to all jobs that match.</summary>
internal enum BulkAction
{
    /// <summary>Ends them as cancelled.</summary>
    Cancel,

    /// <summary>Runs them again, as new jobs.</summary>
    Redrive,

    /// <summary>Forgets them.</summary>
    Delete,
}

/// <summary>What is done to which jobs; stored as the input of a job of its own.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Filter">To which jobs.</param>
internal sealed record BulkOrder(BulkAction Action, BulkFilter Filter)
{
    /// <summary>The one state in which jobs have to be; null: any in which it can be done.</summary>
    public JobState? StateOf() => Filter.State ?? (Action == BulkAction.Redrive ? JobState.Failed : null);

    /// <summary>Whether it can be done to a job in a state.</summary>
    public static bool IsFor(BulkAction action, JobState state) => action switch
    {
        BulkAction.Cancel => !state.HasEnded(),
        BulkAction.Redrive => state is JobState.Failed or JobState.Cancelled,
        _ => state.HasEnded(),
    };
}

/// <summary>Which jobs; all conditions hold, and null is none. As <c>GET /v1/jobs</c> has them.</summary>
internal sealed record BulkFilter(
    string? Queue = null, string? Function = null, JobState? State = null, string? Tag = null, DateTimeOffset? From = null, DateTimeOffset? To = null,
    string? Error = null);

/// <summary>What became of an order; the result of its job.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Matched">Jobs that matched when they were looked at.</param>
/// <param name="Done">Jobs to which it was done.</param>
/// <param name="Skipped">Jobs that were in another state by then, or had been run again by an action before.</param>
/// <param name="Failed">Jobs to which it could not be done.</param>
/// <param name="Errors">The first of these, and why.</param>
internal sealed record BulkReport(BulkAction Action, long Matched, long Done, long Skipped, long Failed, IReadOnlyList<BulkError> Errors);

/// <param name="Job">The job's id.</param>
/// <param name="Error">Why it could not be done.</param>
internal sealed record BulkError(string Job, string Error);
