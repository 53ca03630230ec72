namespace Hearth.Functions;

/// <summary>What a silo answers calls of cacheable functions with, without running them. Its key is the silo's id.</summary>
[Alias("hearth.call-cache")]
public interface ICallCacheGrain : IGrainWithStringKey
{
    /// <summary>Keeps an answer that was computed elsewhere, for as long as the function's <see cref="FunctionOptions.CacheFor"/> says.</summary>
    /// <returns>Whether the silo knows the function, and that it is cacheable.</returns>
    Task<bool> KeepAsync(CachedAnswer answer);
}

/// <param name="Function">Its name.</param>
/// <param name="Key">Of all that the answer depends on.</param>
/// <param name="ContentType">Of the answer.</param>
/// <param name="Result">The answer.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.cached-answer")]
public sealed record CachedAnswer(
    [property: Id(0)] string Function, [property: Id(1)] string Key, [property: Id(2)] string ContentType, [property: Id(3)] ReadOnlyMemory<byte> Result);
