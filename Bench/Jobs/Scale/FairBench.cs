using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hearth.Jobs;
using Hearth.Queues;
using Orleans;

namespace Hearth.Bench.Jobs;

/// <summary>
/// 20 tenants with 15 jobs each, all submitted at once, of a queue in whose turns tenants take part: on an idle silo, and beside one tenant with 100,000
/// jobs before them. Jobs wait 2 ms; 16 run at once.
/// </summary>
internal static class FairBench
{
    private const string Function = "tenant";
    private const int Tenants = 20;
    private const int JobsOfEach = 15;
    private const int Slots = 16;

    private static readonly TimeSpan Run = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync(BenchStore store, bool isQuick)
    {
        var backlog = isQuick ? 10_000 : 100_000;
        await store.ResetAsync();
        var idle = await WaitsAsync(store, 0);
        await store.ResetAsync();
        var beside = await WaitsAsync(store, backlog);
        System.Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{Tenants} tenants with {JobsOfEach} jobs each: p99 wait {idle:0} ms alone, {beside:0} ms beside one with {backlog:#,0} jobs: {beside / idle:0.00}"));
    }

    /// <returns>The 99th percentile of the waits, ms.</returns>
    private static async Task<double> WaitsAsync(BenchStore store, int backlog)
    {
        using var folder = new TempFolder();
        var started = new long[Tenants * JobsOfEach];
        var (left, all) = (started.Length, new TaskCompletionSource());
        var builder = HearthApplication.CreateBuilder(["--port", "0", "--functions", folder["functions"], .. store.SiloArguments]);
        builder.Web.Logging.AddFilter("Hearth", LogLevel.Error);
        builder.AddQueue(ShardKey.DefaultQueue, queue => queue.Limits = new QueueLimits { Fair = true });
        builder.AddFunction(Function, async (int job) => await RunAsync(job), o => o.Concurrency = Slots);
        var app = builder.Build();
        var serves = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Web!.Lifetime.ApplicationStarted.Register(serves.SetResult);
        var output = System.Console.Out;
        System.Console.SetOut(TextWriter.Null);
        var running = app.RunAsync(CancellationToken.None);
        await Task.WhenAny(serves.Task, running);
        System.Console.SetOut(output);
        var shard = app.Web.Services.GetRequiredService<IGrainFactory>().GetGrain<IShardGrain>(ShardKey.Of(ShardKey.DefaultQueue));
        // The first runs compile the code.
        await SubmitAsync(Enumerable.Repeat(Spec(-1, "warm-up"), Phase.CallJobs));
        while (await shard.DepthAsync() is { Open: > 0 })
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        foreach (var some in Enumerable.Repeat(Spec(-1, "large"), backlog).Chunk(Phase.CallJobs))
            await SubmitAsync(some);
        var since = Stopwatch.GetTimestamp();
        await SubmitAsync(Enumerable.Range(0, started.Length).Select(job => Spec(job, $"tenant {job / JobsOfEach}")));
        await all.Task;
        app.Web.Lifetime.StopApplication();
        await running;
        return started.Select(at => Stopwatch.GetElapsedTime(since, at).TotalMilliseconds).Order().ElementAt(started.Length * 99 / 100);

        async Task RunAsync(int job)
        {
            if (job >= 0)
            {
                started[job] = Stopwatch.GetTimestamp();
                if (Interlocked.Decrement(ref left) == 0)
                    all.SetResult();
            }

            await Task.Delay(Run, TimeProvider.System);
        }

        async Task SubmitAsync(IEnumerable<JobSpec> jobs) => await shard.SubmitManyAsync([.. jobs]);
    }

    private static JobSpec Spec(int job, string tenant) =>
        new(Function, "application/json", Encoding.UTF8.GetBytes(job.ToString(CultureInfo.InvariantCulture)), new JobOptions { Key = tenant });
}
