namespace Hearth.Api.Http;

/// <summary>An RFC 9457 problem document.</summary>
/// <param name="Slug">Stable name; the type is <c>urn:hearth:problem:{slug}</c>, documented in docs/reference/problems.md.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">The same for every occurrence.</param>
/// <param name="Detail">This occurrence: what, and what to do.</param>
internal sealed record Problem(string Slug, int Status, string Title, string? Detail = null)
{
    public string Type => "urn:hearth:problem:" + Slug;

    /// <summary>Path of the member that failed.</summary>
    public string? Field { get; init; }

    /// <summary>Names that the caller may have meant, or what is offered instead.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The queue that is full, how many open jobs it has, and how many it takes.</summary>
    public (string Queue, int Depth, int DepthMax)? Full { get; init; }

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
