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

    /// <summary>The job's key alone; null when it has none.</summary>
    public static string? KeyOf(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = reader.ValueTextEquals("key"u8);
            reader.Read();
            if (isKey)
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
        }

        return null;
    }

    private static StoredOptions None { get; } = new(null, false, null, null, null, null, null);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredOptions))]
internal sealed partial class StoredOptionsJson : JsonSerializerContext;
