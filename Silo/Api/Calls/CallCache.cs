using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Microsoft.Extensions.Caching.Memory;

namespace Hearth.Api.Calls;

/// <summary>Answers of a cacheable function, 64 MiB at most, on this silo. It dies with the function that it belongs to.</summary>
internal sealed class CallCache(TimeSpan cacheFor, PayloadKind takes, TimeProvider clock)
{
    private const long BytesMax = 64 << 20;
    private const int HeadBytes = 5;

    private static readonly ConditionalWeakTable<ServedFunction, CallCache> All = [];

    private readonly MemoryCache entries = new(new MemoryCacheOptions { SizeLimit = BytesMax });

    public static CallCache? For(ServedFunction function) => function.Options.CacheFor is { } cacheFor
        ? All.GetValue(function, f => new CallCache(cacheFor, f.Input.Kind, f.Clock))
        : null;

    /// <summary>SHA-256 of all that the answer depends on; of a function that takes typed values, blanks and escapes in the JSON do not count.</summary>
    public string KeyOf(CallInput input, IReadOnlyDictionary<string, string> parameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\0', [
            input.ContentType, input.Lenient ? "lenient" : "strict",
            .. parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key.Length}:{p.Key}={p.Value.Length}:{p.Value}"),
        ]) + "\0\0"));
        if (takes != PayloadKind.Json || !TryAppendJson(hash, input.Body))
        {
            foreach (var segment in input.Body)
                hash.AppendData(segment.Span);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <returns>False for what is no JSON: then what was appended is followed by the bytes as they are.</returns>
    private static bool TryAppendJson(IncrementalHash hash, in ReadOnlySequence<byte> json)
    {
        try
        {
            for (var reader = new Utf8JsonReader(json); reader.Read();)
                Append(hash, ref reader);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: text that UTF-8 cannot hold
        {
            return false;
        }
    }

    /// <summary>The kind of a token, its length, and itself; text without its escapes, of which clients write more or fewer.</summary>
    private static void Append(IncrementalHash hash, ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        var value = ArrayPool<byte>.Shared.Rent(length + HeadBytes);
        try
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                length = reader.CopyString(value.AsSpan(HeadBytes));
            else if (reader.HasValueSequence)
                reader.ValueSequence.CopyTo(value.AsSpan(HeadBytes));
            else
                reader.ValueSpan.CopyTo(value.AsSpan(HeadBytes));
            value[0] = (byte)reader.TokenType;
            BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(1), length);
            hash.AppendData(value, 0, HeadBytes + length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
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

/// <summary>Lets other silos fill this one's.</summary>
internal sealed class CallCaches : ICallCaches
{
    public bool TryKeep(ServedFunction function, CachedAnswer answer)
    {
        if (CallCache.For(function) is not { } cache)
            return false;
        cache.Add(answer.Key, answer.Result.ToArray(), answer.ContentType);
        return true;
    }
}
