using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hearth.Bench.Http;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Cluster;

/// <summary>
/// Two silos beside one, on the same machine and database: jobs that wait, which more silos run more of at once, and jobs that burn CPU, which
/// they only share; all in one queue, which one silo owns. Then how long the others take to go on after a silo was killed.
/// </summary>
internal static class ClusterBench
{
    public const string Help =
        """
        cluster [--quick] [--postgres CONNECTION]
                           2 silos beside 1 on PostgreSQL, and the time from kill -9 to the first job of the dead silo's queues, in one run
        """;

    private const int Rounds = 3;
    private const int CallJobs = 1_000;
    private static readonly HttpClient Http = new();

    public static async Task<int> RunAsync(string[] args)
    {
        var isQuick = args.Contains("--quick", StringComparer.Ordinal);
        var at = Array.IndexOf(args, "--postgres");
        await using var store = await JobBench.OpenAsync("postgres", at >= 0 ? args[at + 1] : null);
        Print("\n| jobs | 1 silo, /s | 2 silos, /s | 2 beside 1 |\n|---|---|---|---|");
        foreach (var (function, title, jobs) in new[] { ("wait", "that wait 10 ms", isQuick ? 10_000 : 50_000), ("burn", "that burn about 1 ms of CPU", isQuick ? 4_000 : 20_000) })
        {
            var (one, two) = (new List<double>(), new List<double>());
            for (var round = 0; round < (isQuick ? 1 : Rounds); round++)
            {
                one.Add(await MeasureAsync(store, 1, function, jobs));
                two.Add(await MeasureAsync(store, 2, function, jobs));
            }

            Print(string.Create(CultureInfo.InvariantCulture, $"| {title} | {Median(one):#,0} | {Median(two):#,0} | {Median([.. one.Zip(two, (a, b) => b / a)]):0.00} |"));
        }

        await TakeOverAsync(store, isQuick ? 3 : 20);
        return 0;
    }

    /// <summary>The other side: this program as a silo.</summary>
    public static async Task ServeAsync(string[] arguments)
    {
        var builder = HearthApplication.CreateBuilder(["--port", "0", "--functions", Path.Combine(Path.GetTempPath(), "hearth-bench-none"), .. arguments]);
        builder.AddFunction("wait", async (Item _, CancellationToken cancelled) => await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancelled));
        builder.AddFunction("burn", (Item _) => Burn(), o => o.Concurrency = Environment.ProcessorCount);
        builder.Web.Logging.AddFilter("Hearth", LogLevel.Error);
        builder.Web.Logging.AddFilter("Orleans", LogLevel.Error);
        var app = builder.Build();
        app.Web!.Lifetime.ApplicationStarted.Register(() => ServerProcess.Announce(app.Web));
        await app.RunAsync();
    }

    /// <summary>So much work, and not so much time: what waits for a core must not count as done.</summary>
    private static ulong Burn()
    {
        var x = 1UL;
        for (var i = 0; i < 1_000_000; i++)
            x = (x * 6_364_136_223_846_793_005) + 1;
        return x;
    }

    private static async Task<double> MeasureAsync(BenchStore store, int silos, string function, int jobs)
    {
        await store.ResetAsync();
        var servers = new List<ServerProcess>();
        try
        {
            for (var n = 0; n < silos; n++)
                servers.Add(await ServerProcess.StartAsync(["serve-cluster", "--name", $"silo{n}", .. store.SiloArguments]));
            // Not counted: connects the silos, and gives the runtime some seconds to compile what is hot, which each silo does for itself.
            await SubmitAsync(servers[0].Address, function, jobs / 2);
            await EmptyAsync(servers[0].Address);
            var start = Stopwatch.GetTimestamp();
            await SubmitAsync(servers[0].Address, function, jobs);
            await EmptyAsync(servers[0].Address);
            return jobs / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    private static async Task TakeOverAsync(BenchStore store, int times)
    {
        await store.ResetAsync();
        await using var stays = await ServerProcess.StartAsync(["serve-cluster", "--name", "stays", .. store.SiloArguments]);
        var took = new List<double>();
        for (var time = 0; time < times; time++)
        {
            var dies = await ServerProcess.StartAsync(["serve-cluster", "--name", string.Create(CultureInfo.InvariantCulture, $"dies{time}"), .. store.SiloArguments]);
            // Some of sixteen queues are the other's.
            for (var queue = 0; queue < 16; queue++)
                await SubmitAsync(stays.Address, "wait", 1, $"q{queue}");
            // A lease, so that the one that stays may declare.
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
            await dies.DisposeAsync();
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(async queue =>
            {
                await SubmitAsync(stays.Address, "wait", 1, $"q{queue}");
                await EmptyAsync(stays.Address, $"q{queue}");
            }));
            took.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        took.Sort();
        Print(string.Create(CultureInfo.InvariantCulture, $"\nFrom kill -9 to the end of a job in each of the dead silo's queues, {times} times: median {Median(took):0.00} s, most {took[^1]:0.00} s"));
    }

    private static async Task SubmitAsync(Uri silo, string function, int jobs, string queue = "bench")
    {
        for (var sent = 0; sent < jobs; sent += CallJobs)
        {
            var call = Enumerable.Range(0, Math.Min(CallJobs, jobs - sent)).Select(n => new { function, input = JsonDocument.Parse(Wrk.Invoice).RootElement });
            await SubmitAsync(new Uri(silo, $"/v1/queues/{queue}/jobs"), JsonSerializer.Serialize(call));
        }
    }

    /// <summary>Again under the same key until somebody takes it, as a client does.</summary>
    private static async Task SubmitAsync(Uri address, string jobs)
    {
        var key = Guid.NewGuid().ToString();
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(jobs, Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await Http.SendAsync(request);
            if (answer.IsSuccessStatusCode)
                return;
            if ((int)answer.StatusCode is not (409 or 503))
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task EmptyAsync(Uri silo, string queue = "bench")
    {
        while (true)
        {
            var document = await Http.GetFromJsonAsync<JsonElement>(new Uri(silo, $"/v1/queues/{queue}"));
            if (document.GetProperty("open") is { ValueKind: JsonValueKind.Number } open && open.GetInt32() == 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string text) => System.Console.WriteLine(text);
}
