namespace Hearth.Jobs;

/// <summary>The one end of a job.</summary>
/// <param name="Id">Which job.</param>
/// <param name="State"><see cref="JobState.Succeeded"/> or <see cref="JobState.Failed"/>.</param>
/// <param name="Result">The result; empty when it failed.</param>
/// <param name="ContentType">Media type of <paramref name="Result"/>; null when there is none.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="StartedAt">When the attempt started.</param>
/// <param name="EndedAt">When it ended.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobEnd(
    [property: Id(0)] JobId Id,
    [property: Id(1)] JobState State,
    [property: Id(2)] ReadOnlyMemory<byte> Result,
    [property: Id(3)] string? ContentType,
    [property: Id(4)] string? Error,
    [property: Id(5)] DateTimeOffset StartedAt,
    [property: Id(6)] DateTimeOffset EndedAt);
