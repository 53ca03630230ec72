namespace Hearth.Functions;

/// <summary>Runs calls of one function on one silo. Key: <c>{silo id}/{function}</c>.</summary>
[Alias("hearth.compute")]
public interface IComputeGrain : IGrainWithStringKey
{
    /// <summary>Runs a call in a free slot of the function; never waits for one.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="cancellationToken">Cuts the run off: nobody wants the result any more.</param>
    [ResponseTimeout("1.00:01:00")]
    Task<ComputeResult> CallAsync([Immutable] ComputeCall call, CancellationToken cancellationToken);
}

/// <summary>A call on its way to another silo.</summary>
/// <param name="Input">The input, at most <see cref="BytesMax"/> bytes.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Lenient">Numbers and booleans may be text (XML, routes, queries).</param>
/// <param name="Parameters">The declared query parameters.</param>
[GenerateSerializer]
[Immutable]
public sealed record ComputeCall(
    [property: Id(0)] ReadOnlyMemory<byte> Input, [property: Id(1)] string ContentType, [property: Id(2)] bool Lenient,
    [property: Id(3)] IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The largest input, and the largest result, of a call that another silo runs: 32 MiB.</summary>
    public const int BytesMax = 32 << 20;
}

/// <summary>What became of a call.</summary>
public enum ComputeEnd
{
    Succeeded,

    /// <summary>The function threw.</summary>
    Failed,

    /// <summary>Cut off at its deadline.</summary>
    TimedOut,

    /// <summary>Cut off because the caller went away or the silo stops.</summary>
    Cancelled,

    /// <summary>Not run: no slot was free.</summary>
    Busy,

    /// <summary>Not run: the silo does not serve the function.</summary>
    NotServed,

    /// <summary>Not run: the input is not in the notation that it claims.</summary>
    Malformed,

    /// <summary>Not run: the input does not fit.</summary>
    Invalid,

    /// <summary>Run, but its result is larger than it may be.</summary>
    TooLarge,
}

/// <summary>The answer to a call that another silo ran.</summary>
/// <param name="End">What became of it.</param>
/// <param name="Output">The result, when it succeeded.</param>
/// <param name="ContentType">Its media type; null when there is none.</param>
/// <param name="Error">Why it did not succeed, in words that may be shown.</param>
/// <param name="Field">The field of the input that the error is about.</param>
/// <param name="RetryAfter">When the function wants to be called again, if it said so.</param>
[GenerateSerializer]
[Immutable]
public sealed record ComputeResult(
    [property: Id(0)] ComputeEnd End, [property: Id(1)] ReadOnlyMemory<byte> Output = default, [property: Id(2)] string? ContentType = null,
    [property: Id(3)] string? Error = null, [property: Id(4)] string? Field = null,
    [property: Id(5)] TimeSpan? RetryAfter = null);
