namespace Hearth.Jobs;

/// <summary>The one end of a job.</summary>
/// <param name="Id">Which job.</param>
/// <param name="State"><see cref="JobState.Succeeded"/>, <see cref="JobState.Failed"/> or <see cref="JobState.Cancelled"/>.</param>
/// <param name="Attempt">The attempt that ended it; 0 when none had started.</param>
/// <param name="StartedAt">When that attempt started; null when none had.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Result">The result; empty when it did not succeed.</param>
/// <param name="ContentType">Media type of <paramref name="Result"/>; null when there is none.</param>
/// <param name="Error">Why it did not succeed.</param>
/// <param name="ErrorType">Short name of the error: the exception's type, or <c>timeout</c>, <c>crashed</c>, <c>expired</c>, <c>invalid-input</c>, <c>too-large</c>.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct JobEnd(
    [property: Id(0)] JobId Id,
    [property: Id(1)] JobState State,
    [property: Id(2)] int Attempt,
    [property: Id(3)] DateTimeOffset? StartedAt,
    [property: Id(4)] DateTimeOffset EndedAt,
    [property: Id(5)] ReadOnlyMemory<byte> Result,
    [property: Id(6)] string? ContentType,
    [property: Id(7)] string? Error = null,
    [property: Id(8)] string? ErrorType = null);
