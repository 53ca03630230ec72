namespace Hearth.Objects;

/// <summary>An operation as asked for.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="ContentType">Media type of <paramref name="Input"/>.</param>
/// <param name="Input">At most <see cref="ObjectOptions.InputBytesMax"/>. Not changed after it was handed in.</param>
/// <param name="Lenient">Whether numbers and booleans may be text, because the input came as XML.</param>
[GenerateSerializer]
[Immutable]
public sealed record ObjectCall(
    [property: Id(0)] string Operation,
    [property: Id(1)] string ContentType,
    [property: Id(2)] ReadOnlyMemory<byte> Input,
    [property: Id(3)] bool Lenient = false);

/// <summary>How an operation ended. Only <see cref="Succeeded"/> has changed anything.</summary>
public enum ObjectEnd
{
    Succeeded,

    /// <summary>The silo that has the object does not know the operation.</summary>
    Unknown,

    /// <summary>The input is not the notation that it claims to be.</summary>
    Malformed,

    /// <summary>The input is well-formed, but not what the operation takes.</summary>
    Invalid,

    /// <summary>The operation threw.</summary>
    Failed,

    /// <summary>It did not end in its time.</summary>
    TimedOut,

    /// <summary>The caller went away.</summary>
    Cancelled,

    /// <summary>An operation that was cut off before has not ended.</summary>
    Busy,

    /// <summary>It would have made the state larger than it may be.</summary>
    StateTooLarge,

    /// <summary>It answered more than there may be.</summary>
    OutputTooLarge,

    /// <summary>What is stored cannot be read as the state's type.</summary>
    Unreadable,
}

/// <summary>The answer of an object.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Output">The output; empty where there is none.</param>
/// <param name="ContentType">Media type of <paramref name="Output"/>; null when the operation has none.</param>
/// <param name="Detail">Why it did not succeed, in words for the caller.</param>
/// <param name="Field">The input's member that failed.</param>
[GenerateSerializer]
[Immutable]
public sealed record ObjectAnswer(
    [property: Id(0)] ObjectEnd End,
    [property: Id(1)] ReadOnlyMemory<byte> Output = default,
    [property: Id(2)] string? ContentType = null,
    [property: Id(3)] string? Detail = null,
    [property: Id(4)] string? Field = null);

/// <param name="State">The stored state as JSON.</param>
[GenerateSerializer]
[Immutable]
public sealed record ObjectSnapshot([property: Id(0)] ReadOnlyMemory<byte> State);
