namespace Hearth.Requests;

/// <summary>
/// Answers requests of the HTTP API to applications inside the cluster's network, on whichever silo they reach. The access policy counts here, too. Key: any.
/// </summary>
[Alias("hearth.request")]
public interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>
    /// Answers a request. A stream of events is answered with what there is of it, as soon as there is something: whoever follows asks again with the last id.
    /// </summary>
    /// <param name="request">What to answer.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more.</param>
    [ResponseTimeout("1.00:01:00")]
    Task<ApiAnswer> SendAsync([Immutable] ApiRequest request, CancellationToken cancellationToken);
}

/// <summary>A request of the HTTP API.</summary>
/// <param name="Method">Such as <c>POST</c>.</param>
/// <param name="Target">Path and query, as they go over a wire.</param>
/// <param name="Headers">By name.</param>
/// <param name="Body">At most <see cref="BytesMax"/> bytes.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.api-request")]
public sealed record ApiRequest(
    [property: Id(0)] string Method, [property: Id(1)] string Target, [property: Id(2)] IReadOnlyDictionary<string, string> Headers,
    [property: Id(3)] ReadOnlyMemory<byte> Body)
{
    /// <summary>The largest request, and the largest answer: 32 MiB.</summary>
    public const int BytesMax = 32 << 20;
}

/// <summary>The answer.</summary>
/// <param name="Status">As of HTTP.</param>
/// <param name="Headers">By name.</param>
/// <param name="Body">At most <see cref="ApiRequest.BytesMax"/> bytes.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.api-answer")]
public sealed record ApiAnswer(
    [property: Id(0)] int Status, [property: Id(1)] IReadOnlyDictionary<string, string> Headers, [property: Id(2)] ReadOnlyMemory<byte> Body);
