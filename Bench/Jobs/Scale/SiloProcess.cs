using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Bench.Http;
using Hearth.Jobs;
using Orleans;

namespace Hearth.Bench.Jobs;

/// <summary>What a silo says of itself after it has done what it was told.</summary>
/// <param name="ReadySeconds">From the start of the process until it serves.</param>
/// <param name="FirstSeconds">From the start of its start until the first recovered job ran.</param>
/// <param name="RecoveredSeconds">From the start of its start until every open job was in memory.</param>
/// <param name="ResidentMegabytes">Resident memory after a full collection.</param>
/// <param name="HeapMegabytes">Of that, live objects.</param>
internal sealed record SiloReading(
    double ReadySeconds, double? FirstSeconds, double? RecoveredSeconds, double ResidentMegabytes, double HeapMegabytes);

/// <summary>A silo in a process of its own: one that has only what it was given in its memory, and that can be killed.</summary>
internal static class SiloProcess
{
    private const string Prefix = "reading ";
    private const string Waiting = "later";
    private const int Callers = 4;

    /// <summary>Starts one, lets it do its work, and kills it.</summary>
    /// <param name="store">Where.</param>
    /// <param name="work">idle, ready, parked (submits so many), recover (runs what it finds), hold (recovers and runs nothing).</param>
    /// <param name="jobs">How many to submit.</param>
    public static async Task<SiloReading> RunAsync(BenchStore store, string work, int jobs)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(SiloProcess).Assembly.Location, "scale-silo", work, jobs.ToString(CultureInfo.InvariantCulture), .. store.SiloArguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        try
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.StartsWith(Prefix, StringComparison.Ordinal))
                    return JsonSerializer.Deserialize(line[Prefix.Length..], SiloReadingJson.Default.SiloReading)!;
            }

            throw new InvalidOperationException($"The silo that was to {work} ended.");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>The other side: this program as that silo.</summary>
    public static async Task ServeAsync(string work, int jobs, string[] arguments)
    {
        var first = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = HearthApplication.CreateBuilder(["--port", "0", "--functions", Path.Combine(Path.GetTempPath(), "hearth-bench-none"), .. arguments]);
        builder.Web.Logging.AddFilter("Hearth", LogLevel.Error);
        if (work == "recover")
            builder.AddFunction(Waiting, (Item _) => first.TrySetResult(Stopwatch.GetTimestamp()), o => o.Concurrency = 256);
        var app = builder.Build();
        var serves = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Web!.Lifetime.ApplicationStarted.Register(serves.SetResult);
        var began = Stopwatch.GetTimestamp();
        var running = app.RunAsync();
        await Task.WhenAny(serves.Task, running);
        using var self = Process.GetCurrentProcess();
        var ready = (TimeProvider.System.GetUtcNow() - new DateTimeOffset(self.StartTime)).TotalSeconds;
        var shard = app.Web.Services.GetRequiredService<IGrainFactory>().GetGrain<IShardGrain>(ShardKey.Of(ShardKey.DefaultQueue));
        await SubmitAsync(shard, work, jobs);
        double? recovered = null, firstRun = null;
        if (work is "recover" or "hold")
        {
            // Its answer comes when all open jobs have been recovered.
            await shard.ReadInboxAsync();
            recovered = Stopwatch.GetElapsedTime(began).TotalSeconds;
            firstRun = work == "recover" ? Stopwatch.GetElapsedTime(began, await first.Task).TotalSeconds : null;
        }

        for (var i = 0; i < 3; i++)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var reading = new SiloReading(ready, firstRun, recovered, Resident(), GC.GetTotalMemory(forceFullCollection: false) / 1e6);
        System.Console.WriteLine(Prefix + JsonSerializer.Serialize(reading, SiloReadingJson.Default.SiloReading));
        await running;
    }

    private static Task SubmitAsync(IShardGrain shard, string work, int jobs)
    {
        if (work is not ("ready" or "parked"))
            return Task.CompletedTask;
        var due = work == "parked" ? new JobOptions { Delay = TimeSpan.FromDays(1) } : null;
        // Inputs of their own: a silo keeps as many as its budget allows.
        return PhaseRun.CallAsync(Callers, jobs / Phase.CallJobs, call => shard.SubmitManyAsync(
            [.. Enumerable.Range(0, Phase.CallJobs).Select(_ => new JobSpec(Waiting, "application/json", Encoding.UTF8.GetBytes(Wrk.Invoice), due))]));
    }

    private static double Resident() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6)
        .Single();
}

[JsonSerializable(typeof(SiloReading))]
internal sealed partial class SiloReadingJson : JsonSerializerContext;
