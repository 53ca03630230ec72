using System.Text.Json.Serialization;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>What is done to all jobs that match.</summary>
[JsonConverter(typeof(NamesConverter<JobAction>))]
public enum JobAction
{
    /// <summary>Something that this version of the client does not know.</summary>
    Unknown,

    /// <summary>Jobs that have not ended end as cancelled.</summary>
    Cancel,

    /// <summary>Failed jobs (or cancelled ones, where that state is asked for) run again, as new jobs; each once, however many actions are for it within 24 hours.</summary>
    Redrive,

    /// <summary>Ended jobs are forgotten, with all that is stored of them.</summary>
    Delete,
}

/// <summary>How many jobs match.</summary>
/// <param name="Count">So many.</param>
/// <param name="AtLeast">There may be more: counting stopped at its bound.</param>
public sealed record JobCount(long Count, bool AtLeast);

/// <summary>What became of an action: the result of its job.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Matched">Jobs that matched when they were looked at.</param>
/// <param name="Done">Jobs to which it was done.</param>
/// <param name="Skipped">Jobs that were in another state by then, or had been run again by an action before.</param>
/// <param name="Failed">Jobs to which it could not be done.</param>
/// <param name="Errors">The first of these, and why.</param>
public sealed record JobActionReport(JobAction Action, long Matched, long Done, long Skipped, long Failed, IReadOnlyList<JobActionError> Errors);

/// <summary>A job to which an action could not be done.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Error">Why.</param>
public sealed record JobActionError(string Job, string Error);
