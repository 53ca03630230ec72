using Hearth.Bench.Http;

namespace Hearth.Bench.Jobs;

/// <summary>
/// A over HTTP: <c>wrk</c> with 64 connections, one job a request, nothing runs; the servers are processes of their own. The floor is a bare
/// minimal API on the floor of A.
/// </summary>
internal static class HttpSubmits
{
    public const string Letter = "A-http";

    private const int Connections = 64;

    public static Task<Measurement> HearthAsync(BenchStore store, int seconds) => MeasureAsync(
        store, JobBench.Hearth, "/v1/queues/default/jobs", $$"""{"function":"held","input":{{Wrk.Invoice}}}""", seconds, ["serve-jobs"]);

    public static Task<Measurement> FloorAsync(BenchStore store, int connections, int seconds) => MeasureAsync(
        store, $"floor {connections}", "/jobs", Wrk.Invoice, seconds,
        ["serve-jobs-floor", store.Name, connections.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

    /// <summary>A silo whose only slot is held by the first job, so that nothing else runs.</summary>
    public static async Task ServeHearthAsync(string[] arguments)
    {
        var builder = HearthApplication.CreateBuilder(["--port", "0", "--functions", Path.Combine(Path.GetTempPath(), "hearth-bench-none"), .. arguments]);
        builder.AddFunction(
            "held", async (Item _, CancellationToken cancelled) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancelled),
            o => (o.Concurrency, o.Timeout) = (1, TimeSpan.FromHours(1)));
        builder.Web.Logging.AddFilter("Hearth", LogLevel.Error);
        var app = builder.Build();
        app.Web!.Lifetime.ApplicationStarted.Register(() => ServerProcess.Announce(app.Web));
        await app.RunAsync();
    }

    /// <param name="arguments">The store's name, connections, and the command line that a silo on this store would have.</param>
    public static async Task ServeFloorAsync(string[] arguments)
    {
        Payloads.Render(1);
        var (store, connections, place) = (arguments[0], int.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture), arguments[^1]);
        await using var floor = store == "sqlite"
            ? await SqliteBenchStore.OpenFloorAsync(place, new Tally(1))
            : await PostgresBenchStore.OpenFloorAsync(place, new Tally(1), connections);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, BareJson.Default));
        var app = builder.Build();
        var next = 0;
        app.MapPost("/jobs", async (Invoice invoice) =>
        {
            await floor.SubmitAsync(Interlocked.Increment(ref next));
            return Results.Json(new Accepted(invoice.I, "accepted"), BareJson.Default.Accepted, statusCode: 202);
        });
        await app.StartAsync();
        ServerProcess.Announce(app);
        await app.WaitForShutdownAsync();
    }

    private static async Task<Measurement> MeasureAsync(BenchStore store, string subject, string path, string body, int seconds, string[] command)
    {
        await store.ResetAsync();
        await using var server = await ServerProcess.StartAsync([.. command, .. store.SiloArguments]);
        var address = new Uri(server.Address, path);
        var warmUp = await Wrk.RunAsync(address, Connections, Wrk.WarmUpSeconds, body);
        var (client, database, log) = (ServerCpu.Of(server.Id), store.ServerCpu, await store.LogBytesAsync());
        var result = await Wrk.RunAsync(address, Connections, seconds, body);
        var usage = new Usage(
            result.Requests / result.Rate, (ServerCpu.Of(server.Id) - client).TotalSeconds, (store.ServerCpu - database).TotalSeconds,
            Allocated: 0, Commits: 0, Statements: 0, Rows: result.Requests, Sent: 0, await store.LogBytesAsync() - log);
        await server.StopAsync();
        var acknowledged = warmUp.Requests + result.Requests;
        var (jobs, _) = await store.CountAsync();
        // wrk leaves without waiting for the requests that are under way.
        if (jobs < acknowledged || jobs > acknowledged + (2 * Connections))
            throw new InvalidOperationException($"A over HTTP of {subject} on {store.Name}: {jobs} jobs are stored, {acknowledged} were acknowledged.");
        return new Measurement((int)result.Requests, usage)
        {
            Store = store.Name, Phase = Letter, Subject = subject, Acknowledged = new Latencies(result.P50, result.P99, null),
        };
    }
}
