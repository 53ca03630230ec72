using System.Text.Json;
using Hearth.Jobs;
using Microsoft.Extensions.Logging;

namespace Hearth.Functions;

/// <summary>What a run knows of itself. One a run; not to be kept after it.</summary>
public sealed partial class FunctionContext
{
    private static readonly JsonSerializerOptions DetailJson = new(JsonSerializerDefaults.Web);

    // One a run: what is not there, or is in UTC anyway, takes no room.
    private readonly JobId job;
    private readonly long deadline;

    // Whoever runs the job, and from when the run says something its voice.
    private object? heardBy;

    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The function's version.</summary>
    public required string Version { get; init; }

    /// <summary>The job, or null for a call.</summary>
    public JobId? Job { get => job == default ? null : job; init => job = value ?? default; }

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
    public required DateTimeOffset Deadline { get => new(deadline, TimeSpan.Zero); init => deadline = value.UtcTicks; }

    /// <summary>Goes to the silo's log, category <c>Hearth.Functions.{name}</c>.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The connection strings that the function declared, by name.</summary>
    public required IReadOnlyDictionary<string, string> Connections { get; init; }

    /// <summary>W3C trace context (<c>traceparent</c>) of whoever submitted the job; null for a call, and when there was none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whoever runs the job; null for a call.</summary>
    internal IRunHost? Host { init => heardBy = value; }

    /// <summary>Whether the body may be called now; a call's always may. Not to be asked later: then the run may have got its voice.</summary>
    internal bool MayBegin => Volatile.Read(ref heardBy) is not IRunHost host || host.MayBegin;

    /// <summary>What the run has said; null when it has not.</summary>
    internal IRunVoice? Voice => Volatile.Read(ref heardBy) as IRunVoice;

    /// <summary>
    /// Tells how far the job is, for those who look at it or follow its events. Cheap: at most one a second leaves the process, the last of them; nothing is
    /// stored. Does nothing for a call.
    /// </summary>
    /// <param name="share">0 to 1; what is outside is taken as the nearer of both.</param>
    /// <param name="message">What it is at; cut off after 200 characters.</param>
    public void Progress(double share, string? message = null) =>
        Speak()?.Progress(double.IsNaN(share) ? 0 : Math.Round(Math.Clamp(share, 0, 1) * 100, 1), message);

    /// <summary>
    /// Keeps a line with the job, for <c>GET /v1/jobs/{id}/log</c>: the last 100 of an attempt, each cut off after 1,000 characters, stored when the attempt
    /// ends. What an attempt has said is lost with its silo. Of a call it goes to the silo's log.
    /// </summary>
    public void Log(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (Speak() is { } heard)
            heard.Log(line);
        else
            LogLine(Logger, line);
    }

    /// <summary>
    /// Stores something that the next attempt can read, such as how far this one came. The last one wins, and is stored when this completes. Does nothing for
    /// a call.
    /// </summary>
    /// <param name="detail">Anything that System.Text.Json writes; at most 16 KiB of JSON.</param>
    /// <param name="cancellationToken">Gives up; it may be stored or not.</param>
    /// <exception cref="ArgumentException">It is larger than 16 KiB.</exception>
    /// <exception cref="FunctionException">This attempt is over: the job has ended, or another silo has taken it over.</exception>
    public Task SaveDetailAsync<T>(T detail, CancellationToken cancellationToken = default)
    {
        var json = JsonSerializer.Serialize(detail, DetailJson);
        if (System.Text.Encoding.UTF8.GetByteCount(json) > JobLimits.DetailBytesMax)
            throw new ArgumentException($"The detail has more than {JobLimits.DetailBytesMax} bytes of JSON: save less, or a reference to it.", nameof(detail));
        return Speak()?.SaveDetailAsync(json, cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>What an attempt of this job has saved last; the default when none has, and for a call.</summary>
    /// <exception cref="JsonException">It is something else than <typeparamref name="T"/>.</exception>
    public async Task<T?> ReadDetailAsync<T>(CancellationToken cancellationToken = default) =>
        Speak() is { } heard && await heard.ReadDetailAsync(cancellationToken) is { } json ? JsonSerializer.Deserialize<T>(json, DetailJson) : default;

    /// <summary>The connection string of a declared connection.</summary>
    /// <exception cref="FunctionException">The function did not declare it.</exception>
    public string Connection(string name) => Connections.TryGetValue(name, out var found)
        ? found
        : throw new FunctionException(
            $"Function '{Function}' uses connection '{name}' without declaring it: add it to FunctionOptions.Connections.");

    private IRunVoice? Speak() => Volatile.Read(ref heardBy) switch
    {
        IRunVoice voice => voice,
        IRunHost host => Begin(host),
        _ => null,
    };

    private IRunVoice Begin(IRunHost host)
    {
        var begun = host.Hear(job, Attempt);
        return Interlocked.CompareExchange(ref heardBy, begun, host) as IRunVoice ?? begun;
    }

    [LoggerMessage(LogLevel.Information, "{Line}")]
    private static partial void LogLine(ILogger logger, string line);
}
