using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>What a driver is told. Not all members are of use to all of them.</summary>
/// <param name="Jobs">Jobs that are timed.</param>
/// <param name="Postgres">Where its store is, as it wants to be told.</param>
/// <param name="Redis">Port.</param>
/// <param name="Variant">How the peer shall work.</param>
internal sealed record DriverTask(int Jobs, string? Postgres, int? Redis, PeerSettings Variant);

/// <param name="Seconds">From the first timed job to the last.</param>
/// <param name="Acknowledged">Phase E.</param>
/// <param name="Started">Phase E.</param>
/// <param name="Version">The peer's own.</param>
internal sealed record DriverResult(double Seconds, Latencies? Acknowledged, Latencies? Started, string Version);

/// <summary>Settings of peers, by the names that they have there; null: the peer's default.</summary>
/// <param name="Width">Bulk calls at a time; Quartz.NET has four.</param>
/// <param name="Pool">Connections for submitting.</param>
/// <param name="Notify">pg-boss: wakes workers.</param>
/// <param name="BatchSize">pg-boss: jobs that a worker fetches.</param>
/// <param name="LocalConcurrency">pg-boss: workers.</param>
/// <param name="ConcurrentJobs">graphile-worker.</param>
/// <param name="MaxPoolSize">graphile-worker: connections of the workers.</param>
/// <param name="LocalQueue">graphile-worker: jobs fetched ahead.</param>
/// <param name="CompleteJobBatchDelay">graphile-worker: ends are stored together.</param>
/// <param name="BulkSql">graphile-worker: bulk by its SQL function.</param>
/// <param name="Concurrency">BullMQ.</param>
/// <param name="Threads">Quartz.NET.</param>
/// <param name="HasJobEach">Quartz.NET: a job detail for each job.</param>
internal sealed record PeerSettings(
    int? Width = null, int? Pool = null, bool? Notify = null, int? BatchSize = null, int? LocalConcurrency = null, int? ConcurrentJobs = null,
    int? MaxPoolSize = null, LocalQueue? LocalQueue = null, int? CompleteJobBatchDelay = null, bool? BulkSql = null, int? Concurrency = null,
    int? Threads = null, bool? HasJobEach = null)
{
    /// <summary>For the report: only what is set.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, DriverJson.Default.PeerSettings);
}

internal sealed record LocalQueue(int Size);

/// <summary>A program that measures one phase of one peer and says the result in the last line of its output.</summary>
internal static class Driver
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <exception cref="InvalidOperationException">It failed, or its jobs could not be verified.</exception>
    public static async Task<DriverResult> RunAsync(string program, string[] arguments, string phase, DriverTask task)
    {
        var start = new ProcessStartInfo(program, [.. arguments, phase, JsonSerializer.Serialize(task, DriverJson.Default.DriverTask)])
        {
            // It ends when nobody holds the other side any more.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["NODE_ENV"] = "production";
        using var child = Child.Start(start);
        var (output, error) = await child.ReadAsync(Patience);
        if (child.ExitCode != 0 || output.TrimEnd().Split('\n')[^1] is not { Length: > 0 } last)
            throw new InvalidOperationException(FirstLineOf(error.Length > 0 ? error : output));
        return JsonSerializer.Deserialize(last, DriverJson.Default.DriverResult)!;
    }

    private static string FirstLineOf(string text) => text.Trim().Split('\n')[0] is { Length: > 300 } line ? line[..300] : text.Trim().Split('\n')[0];
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DriverTask))]
[JsonSerializable(typeof(DriverResult))]
[JsonSerializable(typeof(PeerSettings))]
internal sealed partial class DriverJson : JsonSerializerContext;
