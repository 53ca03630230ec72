using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>What of a job's options has no column of its own, as JSON; most jobs have none.</summary>
internal sealed record StoredOptions(
    IReadOnlyDictionary<string, string>? Parameters, bool Lenient, TimeSpan? Timeout, RetryPolicy? Retry, UniqueSpec? Unique,
    string? TraceParent, Guid? RedriveOf, string? Key = null)
{
    /// <returns>UTF-8 JSON, or null when there is nothing to keep.</returns>
    public static byte[]? Write(JobOptions? options)
    {
        if (options is null)
            return null;
        var kept = new StoredOptions(
            options.Parameters is { Count: > 0 } ? options.Parameters : null, options.Lenient, options.Timeout, options.Retry, options.Unique,
            options.TraceParent, options.RedriveOf?.Value, options.Key);
        return kept == None ? null : JsonSerializer.SerializeToUtf8Bytes(kept, StoredOptionsJson.Default.StoredOptions);
    }

    /// <summary>Puts the options together again; null when there are none.</summary>
    public static JobOptions? Read(ReadOnlySpan<byte> json, byte priority, DateTimeOffset? dueAt, DateTimeOffset? expiresAt, IReadOnlyList<string>? tags)
    {
        var kept = json.IsEmpty ? None : JsonSerializer.Deserialize(json, StoredOptionsJson.Default.StoredOptions)!;
        if (kept == None && priority == JobOptions.Default.Priority && dueAt is null && expiresAt is null && tags is null)
            return null;
        return new JobOptions
        {
            Parameters = kept.Parameters,
            Lenient = kept.Lenient,
            DueAt = dueAt,
            ExpiresAt = expiresAt,
            Priority = priority,
            Timeout = kept.Timeout,
            Retry = kept.Retry,
            Tags = tags,
            Unique = kept.Unique,
            TraceParent = kept.TraceParent,
            RedriveOf = kept.RedriveOf is { } of ? new JobId(of) : null,
            Key = kept.Key,
        };
    }

    /// <summary>What recovery has to know: the job's key, and whether no two of that key run at once (<see cref="UniqueMode.Latest"/>).</summary>
    public static (string? Key, bool IsAlone) KeyOf(ReadOnlySpan<byte> json)
    {
        // Nearly all have neither, and need not be read.
        if (json.IndexOf("\"key\""u8) < 0)
            return default;
        try
        {
            var kept = JsonSerializer.Deserialize(json, StoredOptionsJson.Default.StoredOptions)!;
            return (kept.Key, kept.Unique?.Mode == UniqueMode.Latest);
        }
        catch (JsonException)
        {
            // Whoever reads the job itself finds out, and fails it alone.
            return default;
        }
    }

    private static StoredOptions None { get; } = new(null, false, null, null, null, null, null);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredOptions))]
internal sealed partial class StoredOptionsJson : JsonSerializerContext;
