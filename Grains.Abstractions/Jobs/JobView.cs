namespace Hearth.Jobs;

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>Stored, waiting to run.</summary>
    Ready,

    /// <summary>Running on a silo now.</summary>
    Running,

    /// <summary>Ended with a result.</summary>
    Succeeded,

    /// <summary>Ended with an error.</summary>
    Failed,
}

/// <summary>A job as shown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Function">The function that it runs.</param>
/// <param name="State">Where it stands.</param>
/// <param name="AcceptedAt">When it was stored.</param>
/// <param name="StartedAt">When the attempt that ended it started.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ResultContentType">Media type of the result.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobView(
    [property: Id(0)] JobId Id,
    [property: Id(1)] string Function,
    [property: Id(2)] JobState State,
    [property: Id(3)] DateTimeOffset AcceptedAt,
    [property: Id(4)] DateTimeOffset? StartedAt = null,
    [property: Id(5)] DateTimeOffset? EndedAt = null,
    [property: Id(6)] string? Error = null,
    [property: Id(7)] string? ResultContentType = null)
{
    public bool HasEnded => State is JobState.Succeeded or JobState.Failed;
}
