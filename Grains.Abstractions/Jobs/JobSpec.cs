using System.Text;
using System.Text.Json;

namespace Hearth.Jobs;

/// <summary>A job as asked for.</summary>
/// <param name="Function">The function's name.</param>
/// <param name="ContentType">Media type of <paramref name="Input"/>.</param>
/// <param name="Input">The input, validated for typed functions; at most <see cref="InputBytesMax"/>. Not changed after it was handed in.</param>
/// <param name="Options">All else; null for the defaults.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobSpec(
    [property: Id(0)] string Function,
    [property: Id(1)] string ContentType,
    [property: Id(2)] ReadOnlyMemory<byte> Input,
    [property: Id(3)] JobOptions? Options = null)
{
    /// <summary>Largest input and result of a job, in bytes: 16 MiB.</summary>
    public const int InputBytesMax = 16 << 20;

    /// <summary>A job of a typed function.</summary>
    /// <param name="function">The function's name.</param>
    /// <param name="input">Its input, written as JSON: camel case, enums as text.</param>
    /// <param name="options">All else; null for the defaults.</param>
    public static JobSpec Of<T>(string function, T input, JobOptions? options = null) =>
        new(function, "application/json", JsonSerializer.SerializeToUtf8Bytes(input, InputJson), options);

    /// <summary>A job of a function that takes text.</summary>
    public static JobSpec OfText(string function, string input, JobOptions? options = null) =>
        new(function, "text/plain", Encoding.UTF8.GetBytes(input), options);

    /// <summary>A job of a function that takes bytes.</summary>
    public static JobSpec OfBytes(
        string function, ReadOnlyMemory<byte> input, string contentType = "application/octet-stream", JobOptions? options = null) =>
        new(function, contentType, input, options);

    private static JsonSerializerOptions InputJson { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}

/// <summary>What a job may ask for beside its function and input.</summary>
[GenerateSerializer]
[Immutable]
public sealed record JobOptions
{
    public static JobOptions Default { get; } = new();

    /// <summary>Declared query parameters; null for none.</summary>
    [Id(0)]
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>Whether numbers and booleans may be text, because the input came as XML.</summary>
    [Id(1)]
    public bool Lenient { get; init; }

    /// <summary>How long to wait before it may start; the shard turns it into <see cref="DueAt"/>.</summary>
    [Id(2)]
    public TimeSpan? Delay { get; init; }

    /// <summary>Not to start before; on the store's clock.</summary>
    [Id(3)]
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it has not started after this time, it ends as cancelled; the shard turns it into <see cref="ExpiresAt"/>.</summary>
    [Id(4)]
    public TimeSpan? ExpireAfter { get; init; }

    /// <summary>When it has not started by then, it ends as cancelled.</summary>
    [Id(5)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>1 (first) to 5; default 3. Among equals the older goes first.</summary>
    [Id(6)]
    public byte Priority { get; init; } = 3;

    /// <summary>Longest run of one attempt; null: the function's.</summary>
    [Id(7)]
    public TimeSpan? Timeout { get; init; }

    /// <summary>Null: the function's.</summary>
    [Id(8)]
    public RetryPolicy? Retry { get; init; }

    /// <summary>To find it by; at most <see cref="JobLimits.TagsMax"/>.</summary>
    [Id(9)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Not to be accepted while another like it is known.</summary>
    [Id(10)]
    public UniqueSpec? Unique { get; init; }

    /// <summary>W3C trace context of the submitter.</summary>
    [Id(11)]
    public string? TraceParent { get; init; }

    /// <summary>The ended job that this one runs again.</summary>
    [Id(12)]
    public JobId? RedriveOf { get; init; }

    /// <summary>What limits per key, order and fairness of its queue go by, 1 to 255 characters; null: as the queue's definition says.</summary>
    [Id(13)]
    public string? Key { get; init; }
}

/// <summary>What happens when an attempt fails.</summary>
/// <param name="Attempts">Tries in all, 1 to 1,000; 1: none but the first. Default 10.</param>
/// <param name="Initial">Wait before the second try. Default 1 s.</param>
/// <param name="Factor">Each later wait is this many times the one before, 1 to 10. Default 2.</param>
/// <param name="Cap">Longest wait; default 100 times <paramref name="Initial"/>.</param>
/// <param name="Jitter">Each wait is shortened by a random share of up to this, 0 to 1, so that jobs that failed together do not
/// come back together. Default 0.1.</param>
/// <param name="NonRetryable">Names of errors (exception types, without namespace) that end the job at once.</param>
[GenerateSerializer]
[Immutable]
public sealed record RetryPolicy(
    [property: Id(0)] int Attempts = 10,
    [property: Id(1)] TimeSpan? Initial = null,
    [property: Id(2)] double Factor = 2,
    [property: Id(3)] TimeSpan? Cap = null,
    [property: Id(4)] double Jitter = 0.1,
    [property: Id(5)] IReadOnlyList<string>? NonRetryable = null)
{
    public static RetryPolicy Default { get; } = new();
}

/// <summary>
/// Refuses a job while another with the same key is known. The key is <paramref name="Key"/>, or what the function and input hash to.
/// </summary>
/// <param name="Key">Up to 255 characters; null: function, media type, parameters and input.</param>
/// <param name="Within">Only jobs accepted within this time count; at most 7 days. Default 24 h.</param>
/// <param name="While">Only jobs in these states count; null: scheduled, ready, running and retrying.</param>
/// <param name="Mode">What happens to a job of which another like it is known; null: <see cref="UniqueMode.Refuse"/>.</param>
/// <param name="Wait">Debounce: how long it has to be quiet before the job starts.</param>
/// <param name="Max">Debounce: longest time by which the start is put off; null: ten times <paramref name="Wait"/>.</param>
/// <param name="Since">Debounce: when the first of the jobs that replaced each other came; the shard sets it.</param>
[GenerateSerializer]
[Immutable]
public sealed record UniqueSpec(
    [property: Id(0)] string? Key = null,
    [property: Id(1)] TimeSpan? Within = null,
    [property: Id(2)] IReadOnlyList<JobState>? While = null,
    [property: Id(3)] UniqueMode? Mode = null,
    [property: Id(4)] TimeSpan? Wait = null,
    [property: Id(5)] TimeSpan? Max = null,
    [property: Id(6)] DateTimeOffset? Since = null);

/// <summary>What happens to a job of which another like it is known. Names are stored.</summary>
public enum UniqueMode
{
    /// <summary>It is answered with the one that is known, and nothing is stored.</summary>
    Refuse,

    /// <summary>The same, in whatever state that one is: the first in a time runs, and no other.</summary>
    Throttle,

    /// <summary>It replaces the one that waits, and starts when none has come for a time.</summary>
    Debounce,

    /// <summary>It replaces the one that waits, and waits for the one that runs: at most one of each.</summary>
    Latest,
}
