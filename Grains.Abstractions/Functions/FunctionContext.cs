using Hearth.Jobs;
using Microsoft.Extensions.Logging;

namespace Hearth.Functions;

/// <summary>What a run knows of itself. One a run; not to be kept after it.</summary>
public sealed class FunctionContext
{
    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The function's version.</summary>
    public required string Version { get; init; }

    /// <summary>The job, or null for a call.</summary>
    public JobId? Job { get; init; }

    /// <summary>The job's id as text, or null for a call.</summary>
    public string? JobId { get => field ??= Job?.ToString(); init; }

    /// <summary>1 on the first try; more after a retry or a crash. Always 1 for a call.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>
    /// The shard's fencing number. Together with <see cref="JobId"/> and <see cref="Attempt"/> it is a token that a function can
    /// store beside its own writes to refuse a zombie's. 0 for a call, and where one process owns all shards (SQLite).
    /// </summary>
    public long Epoch { get; init; }

    /// <summary>The declared parameters that came with the request (query string or route).</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The input's media type, without parameters, in lower case.</summary>
    public required string ContentType { get; init; }

    /// <summary>
    /// The media type of a raw output (<c>byte[]</c> or <see cref="Stream"/>). Starts as the one declared; set it before the first
    /// byte is written. Ignored for typed output, which the caller's <c>Accept</c> decides.
    /// </summary>
    public required string ResultContentType { get; set; }

    /// <summary>When the run is cut off.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Goes to the silo's log, category <c>Hearth.Functions.{name}</c>.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The connection strings that the function declared, by name.</summary>
    public required IReadOnlyDictionary<string, string> Connections { get; init; }

    /// <summary>The connection string of a declared connection.</summary>
    /// <exception cref="FunctionException">The function did not declare it.</exception>
    public string Connection(string name) => Connections.TryGetValue(name, out var found)
        ? found
        : throw new FunctionException(
            $"Function '{Function}' uses connection '{name}' without declaring it: add it to FunctionOptions.Connections.");
}
