using System.Diagnostics;
using System.Text.Json;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Real silos on one PostgreSQL: they find each other, leave, die and come back.</summary>
public sealed class ClusterStartTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly List<SiloProcess> started = [];
    private PostgresWorld? world;

    public async Task InitializeAsync()
    {
        if (PostgresServer.Missing is null)
            world = await PostgresWorld.NewAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in started)
            await silo.DisposeAsync();
        if (world is not null)
            await world.DisposeAsync();
        folder.Dispose();
    }

    [PostgresFact]
    public async Task Silos_see_each_other_and_one_that_stops_is_gone_at_once()
    {
        var (a, b) = (await StartAsync("a"), await StartAsync("b", "--pool", "gpu"));
        using var http = a.CreateClient();
        await b.PrintsAsync("Silo b (pool gpu). Cluster: a (pool default).");
        var silos = await SeesAsync(http, "a", "b");
        Assert.Equal(["gpu"], silos[1].GetProperty("pools").EnumerateArray().Select(p => p.GetString()!));
        Assert.Equal((true, false), (silos[0].GetProperty("isSelf").GetBoolean(), silos[1].GetProperty("isSelf").GetBoolean()));
        await Eventually(async () => (await http.FetchAsync("/v1/silos/b")).Json.GetProperty("http").GetString() == b.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(0, await b.StopAsync());
        var watch = Stopwatch.StartNew();
        await SeesAsync(http, "a");
        // It has left; nobody had to find out that it is gone.
        Assert.DoesNotContain("is declared dead", a.Output, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [PostgresFact]
    public async Task A_drain_of_another_silo_reaches_it()
    {
        var (a, b) = (await StartAsync("a"), await StartAsync("b", "--pool", "gpu"));
        using var http = a.CreateClient();
        using var other = b.CreateClient();
        Assert.Equal("draining", (await http.AskAsync("POST", "/v1/silos/b/drain")).Is(202).Json.GetProperty("status").GetString());
        await Eventually(async () => (await other.FetchAsync("/v1/silos/b")).Json.GetProperty("status").GetString() == "draining");
        Assert.Equal("degraded", (await other.FetchAsync("/health/ready")).Is(200).Json.GetProperty("status").GetString());
        Assert.Equal("active", (await other.FetchAsync("/v1/silos/a")).Json.GetProperty("status").GetString());
    }

    [PostgresFact]
    public async Task A_name_in_use_is_told_and_a_killed_silo_starts_again_under_its_name()
    {
        var a = await StartAsync("a");
        var (code, output) = await SiloProcess.RunAsync(["--port", "0", "--data", folder["x"], "--name", "a", "--database", world!.ConnectionString]);
        Assert.Equal(1, code);
        Assert.Contains("--name NAME", output, StringComparison.Ordinal);
        using var former = a.CreateClient();
        var id = Assert.Single(await SeesAsync(former, "a")).GetProperty("id").GetString();
        await a.KillAsync();
        var again = await StartAsync("a");
        using var http = again.CreateClient();
        Assert.NotEqual(id, Assert.Single(await SeesAsync(http, "a")).GetProperty("id").GetString());
    }

    [PostgresFact]
    public async Task A_killed_silo_is_dead_for_the_others_and_its_pool_is_told_to_be_empty()
    {
        var a = await StartAssemblyAsync("a", new() { ["Hearth__Queues__images__Pool"] = "gpu" });
        var b = await StartAsync("b", "--pool", "gpu");
        using var http = a.CreateClient();
        await Eventually(async () => (await http.FetchAsync("/health/ready")).Is(200).Json.GetProperty("status").GetString() == "ready");
        await b.KillAsync();
        await SeesAsync(http, "a");
        await a.PrintsAsync("is declared dead");
        var health = (await http.FetchAsync("/health/ready")).Is(200).Json;
        Assert.Contains(health.GetProperty("reasons").EnumerateArray(), reason => reason.GetString()!.Contains("pool 'gpu'", StringComparison.Ordinal));
    }

    [PostgresFact]
    public async Task A_silo_that_was_suspended_past_its_lease_ends_by_itself_with_code_70()
    {
        var (a, b) = (await StartAsync("a"), await StartAsync("b"));
        using var http = a.CreateClient();
        await SeesAsync(http, "a", "b");
        await b.SignalAsync("-STOP");
        await SeesAsync(http, "a");
        await b.SignalAsync("-CONT");
        await b.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await b.PrintsAsync("was declared dead");
        Assert.Equal(70, b.ExitCode);
        (await http.FetchAsync("/health/ready")).Is(200);
    }

    // Silos have no lease on Orleans, and one that is alone has nobody to declare it dead.
    [Trait("Engine", "Embedded")]
    [PostgresFact]
    public async Task Functions_that_hold_every_thread_cost_a_silo_no_lease()
    {
        var silo = await SiloProcess.StartAssemblyAsync(
            SiloProcess.Misbehaving, folder["a"], "--name", "a", "--database", world!.ConnectionString);
        started.Add(silo);
        using var http = silo.CreateClient();
        var call = http.CallAsync("hog", """{"name":"never"}""");
        var until = world.Ask<DateTime>("SELECT renewed_at FROM hearth.silo").AddSeconds(8);
        await Eventually(() =>
        {
            Assert.True(world.Ask<bool>("SELECT status = 1 AND clock_timestamp() - renewed_at < interval '4.5 s' FROM hearth.silo"), "It does not renew its lease.");
            return Task.FromResult(world.Ask<DateTime>("SELECT renewed_at FROM hearth.silo") > until);
        });
        await silo.KillAsync();
        try
        {
            await call;
        }
        catch (HttpRequestException)
        {
            // Its answer needs a thread, too.
        }
    }

    [PostgresFact]
    public async Task A_worker_without_front_end_tells_its_health_and_serves_nothing_else()
    {
        var worker = await StartAsync("w", "--roles", "worker");
        using var http = worker.CreateClient();
        (await http.FetchAsync("/health/live")).Is(200);
        (await http.FetchAsync("/health/ready")).Is(200);
        foreach (var path in new[] { "/", "/v1/functions", "/v1/silos", "/v1/queues", "/openapi/v1.json", "/primes/10" })
            (await http.FetchAsync(path)).IsProblem(404, "not-found");
        (await http.CallAsync("echo", "1")).IsProblem(404, "not-found");
        var frontend = await StartAsync("f", "--roles", "frontend");
        using var other = frontend.CreateClient();
        var silos = await SeesAsync(other, "f", "w");
        Assert.Empty(silos[0].GetProperty("pools").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, silos[1].GetProperty("http").ValueKind);
    }

    // Silos have no lease on Orleans: without the database they live on, and jobs wait for it.
    [Trait("Engine", "Embedded")]
    [PostgresFact]
    public async Task Without_the_database_a_silo_loses_its_lease_and_gets_it_back()
    {
        using var server = new PostgresServer();
        var silo = await StartOnAsync(server.NewDatabase(), "a");
        using var http = silo.CreateClient();
        (await http.FetchAsync("/health/ready")).Is(200);
        server.Crash();
        await silo.PrintsAsync("lease cannot be renewed");
        (await http.CallAsync("echo", "1")).Is(200);
        await Eventually(async () => (await http.FetchAsync("/health/ready")).Status == 503);
        server.Start();
        await Eventually(async () => (await http.FetchAsync("/health/ready")).Status == 200);
        await silo.PrintsAsync("lease is renewed again");
        Assert.Single((await http.FetchAsync("/v1/silos")).Is(200).Json.GetProperty("silos").EnumerateArray());
    }

    private Task<SiloProcess> StartAsync(string name, params string[] more) => StartOnAsync(world!.ConnectionString, name, more);

    private async Task<SiloProcess> StartOnAsync(string database, string name, params string[] more)
    {
        var silo = await SiloProcess.StartAsync(folder[name], ["--name", name, "--database", database, .. more]);
        started.Add(silo);
        return silo;
    }

    private async Task<SiloProcess> StartAssemblyAsync(string name, Dictionary<string, string> environment)
    {
        var silo = await SiloProcess.StartAssemblyAsync(
            SiloProcess.Shipped, folder[name], environment, "--name", name, "--database", world!.ConnectionString);
        started.Add(silo);
        return silo;
    }

    private static async Task<JsonElement[]> SeesAsync(HttpClient http, params string[] names)
    {
        JsonElement[] silos = [];
        await Eventually(async () =>
        {
            silos = [.. (await http.FetchAsync("/v1/silos")).Is(200).Json.GetProperty("silos").EnumerateArray()];
            return silos.Select(silo => silo.GetProperty("name").GetString()!).SequenceEqual(names);
        });
        return silos;
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var tries = 0; !await condition(); tries++)
        {
            Assert.True(tries < 600, "It did not come about within 30 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
