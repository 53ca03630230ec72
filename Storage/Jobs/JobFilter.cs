using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>Which jobs to list. All conditions must hold.</summary>
/// <param name="Shards">Numbers of the shards to look in.</param>
public sealed record JobFilter(IReadOnlyList<int> Shards)
{
    public string? Function { get; init; }

    /// <summary>An end's state, or null for jobs of any state, open ones among them.</summary>
    public JobState? Ended { get; init; }

    /// <summary>Only jobs with this tag.</summary>
    public string? Tag { get; init; }

    /// <summary>Accepted at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Accepted before.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Text that the end's error, or its type, contains; case matters. Open jobs have none.</summary>
    public string? Error { get; init; }

    /// <summary>Only jobs with ids below; where the last page stopped.</summary>
    public JobId? Below { get; init; }

    /// <summary>1 to 1,000. Default 50.</summary>
    public int Limit { get; init; } = 50;
}

/// <param name="Jobs">Newest first.</param>
/// <param name="Next">For <see cref="JobFilter.Below"/>; null: there are no more.</param>
public sealed record JobPage(IReadOnlyList<JobView> Jobs, JobId? Next);

