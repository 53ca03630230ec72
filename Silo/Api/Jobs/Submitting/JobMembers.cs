using System.Buffers;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>The members of one job as they were sent.</summary>
internal struct JobMembers
{
    /// <summary>Names of the members that a job may have.</summary>
    public static readonly string[] Known =
    [
        "function", "input", "inputText", "inputBase64", "contentType", "delay", "dueAt", "priority", "expireAfter", "expiresAt", "timeout",
        "retry", "tags", "unique", "parameters", "key",
    ];

    public static readonly string[] Retry = ["attempts", "initial", "factor", "cap", "jitter", "nonRetryable"];

    public static readonly string[] Unique = ["key", "within", "while", "mode", "wait", "max"];

    public string? Function;

    /// <summary>Where <c>input</c> stands in the request.</summary>
    public ReadOnlySequence<byte>? Input;

    /// <summary>What <c>inputText</c> or <c>inputBase64</c> hold.</summary>
    public byte[]? Decoded;

    /// <summary>Which of the three inputs there is; null: none.</summary>
    public string? InputMember;

    public string? ContentType;

    public List<KeyValuePair<string, string>>? Parameters;

    /// <summary>The others; null when there are none.</summary>
    public JobOptions? Options;
}
