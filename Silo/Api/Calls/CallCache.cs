using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Hearth.Functions;
using Microsoft.Extensions.Caching.Memory;

namespace Hearth.Api.Calls;

/// <summary>Answers of a cacheable function, 64 MiB at most, on this silo. It dies with the function that it belongs to.</summary>
internal sealed class CallCache(TimeSpan cacheFor, TimeProvider clock)
{
    private const long BytesMax = 64 << 20;

    private static readonly ConditionalWeakTable<ServedFunction, CallCache> All = [];

    private readonly MemoryCache entries = new(new MemoryCacheOptions { SizeLimit = BytesMax });

    public static CallCache? For(ServedFunction function) => function.Options.CacheFor is { } cacheFor
        ? All.GetValue(function, f => new CallCache(cacheFor, f.Clock))
        : null;

    /// <summary>SHA-256 of all that the answer depends on.</summary>
    public string KeyOf(CallInput input, IReadOnlyDictionary<string, string> parameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\0', [
            input.ContentType, input.Lenient ? "lenient" : "strict",
            .. parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key.Length}:{p.Key}={p.Value.Length}:{p.Value}"),
        ]) + "\0\0"));
        foreach (var segment in input.Body)
            hash.AppendData(segment.Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public CachedResult? Find(string key) => entries.Get<CachedResult>(key) is { } found && found.Until > clock.GetUtcNow()
        ? found with { AgeSeconds = (clock.GetUtcNow() - found.MadeAt).TotalSeconds.ToString("0", CultureInfo.InvariantCulture) }
        : null;

    public void Add(string key, byte[] result, string contentType)
    {
        var now = clock.GetUtcNow();
        var options = new MemoryCacheEntryOptions { Size = result.Length + 256, AbsoluteExpirationRelativeToNow = cacheFor };
        entries.Set(key, new CachedResult(result, contentType, now, now + cacheFor, "0"), options);
    }
}

internal sealed record CachedResult(byte[] Result, string ContentType, DateTimeOffset MadeAt, DateTimeOffset Until, string AgeSeconds);
