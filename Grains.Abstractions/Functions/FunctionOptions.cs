using Hearth.Cluster;
using Hearth.Jobs;

namespace Hearth.Functions;

/// <summary>How a function is served. Every property has a default; <see cref="Validate"/> names what is wrong.</summary>
public sealed class FunctionOptions
{
    /// <summary>Longest run that can be asked for.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromHours(24);

    private static readonly HashSet<string> Reserved = new(["", "v1", "health", "openapi", "metrics", "dashboard"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Letters, digits, dot, dash, underscore; 64 at most. Default "1".</summary>
    public string Version { get; set; } = "1";

    /// <summary>One or two sentences for the list, the start page and OpenAPI.</summary>
    public string? Description { get; set; }

    /// <summary>A run that takes longer is cut off: 504 for a call. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs at once on a silo, 1 to 10,000. Default 64. A call over it is answered 429; a job waits.
    /// </summary>
    public int Concurrency { get; set; } = 64;

    /// <summary>
    /// The pool whose silos alone run it. Default null: any worker that serves it runs its calls, and the pool of their queue its jobs.
    /// </summary>
    public string? Pool { get; set; }

    /// <summary>What happens when an attempt of a job fails, unless the job says otherwise. Default: 10 attempts, 1 s and doubling.</summary>
    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;

    /// <summary>
    /// Set when the same input always gives the same output: answers are kept this long and served without a run.
    /// Default null: not cacheable.
    /// </summary>
    public TimeSpan? CacheFor { get; set; }

    /// <summary>
    /// A route of the function's own beside <c>/v1/functions/{name}/call</c>, for instance <c>/greetings/{name}</c>. Route values and
    /// query fill the input's members.
    /// </summary>
    public string? Route { get; set; }

    /// <summary>The method of <see cref="Route"/>: GET, POST, PUT, PATCH or DELETE. Default POST.</summary>
    public string Method { get; set; } = "POST";

    /// <summary>Names of the connections (<c>Hearth:Connections:{name}</c>) that a run may see.</summary>
    public IList<string> Connections { get; init; } = [];

    /// <summary>Query parameters that a call may carry, beside the input.</summary>
    public IList<FunctionParameter> Parameters { get; init; } = [];

    /// <summary>An input to show: the value itself for a typed function, text for a raw one.</summary>
    public object? Example { get; set; }

    /// <summary>Media types that a raw function takes. Default: any.</summary>
    public IList<string> InputContentTypes { get; init; } = [];

    /// <summary>Media type that a raw function answers. Default <c>application/octet-stream</c>.</summary>
    public string OutputContentType { get; set; } = "application/octet-stream";

    /// <summary>Largest input in bytes, 413 above. Default: 1 MiB for typed input, 16 MiB for text, 64 MiB for raw.</summary>
    public long? InputBytesMax { get; set; }

    /// <summary>Largest output in bytes; the run fails above it. Default: 16 MiB typed, 256 MiB raw.</summary>
    public long? OutputBytesMax { get; set; }

    /// <summary>Hearth's own: not listed, and neither called nor submitted by name.</summary>
    internal bool IsHidden { get; set; }

    /// <summary>Every mistake at once, each a sentence that names the field; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (!FunctionName.IsVersion(Version))
            mistakes.Add($"version '{Version}' must be 1 to 64 letters, digits, dots, dashes or underscores.");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeoutMax)
            mistakes.Add($"timeout {Timeout} must be above zero and at most 24 hours.");
        if (Concurrency is < 1 or > 10_000)
            mistakes.Add($"concurrency {Concurrency} must be between 1 and 10,000.");
        if (Pool is not null && !PoolName.IsValid(Pool))
            mistakes.Add($"pool '{Pool}': {PoolName.Rule}.");
        if (CacheFor is { } age && (age <= TimeSpan.Zero || age > TimeSpan.FromDays(1)))
            mistakes.Add($"cacheFor {age} must be above zero and at most a day.");
        if (Route is not null && (!Route.StartsWith('/') || Reserved.Contains(Route.Split('/')[1])))
            mistakes.Add($"route '{Route}' must start with '/', and not be '/' or below /v1, /health, /openapi, /metrics or /dashboard, which are Hearth's.");
        if (Method is not ("GET" or "POST" or "PUT" or "PATCH" or "DELETE"))
            mistakes.Add($"method '{Method}' must be GET, POST, PUT, PATCH or DELETE.");
        if (JobRules.Check(Retry, "retry.") is { } mistake)
            mistakes.Add($"{mistake.Field}: {mistake.Detail}");
        if (InputBytesMax is < 0)
            mistakes.Add("inputBytesMax must not be negative.");
        if (OutputBytesMax is < 1)
            mistakes.Add("outputBytesMax must be above zero.");
        return mistakes;
    }
}

/// <summary>A declared query parameter.</summary>
/// <param name="Name">Its name; case-sensitive.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Default">What a run sees when the caller does not give it; null: it is then absent.</param>
/// <param name="Values">The values it may have; null: any, up to 256 characters.</param>
public sealed record FunctionParameter(
    string Name, string? Description = null, string? Default = null, IReadOnlyList<string>? Values = null);
