using System.Text.Json;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Cluster;

/// <summary>Processes with the functions that misbehave, on one PostgreSQL of their own, and the ledger of what they ran.</summary>
public sealed class SiloGroup : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<(SiloProcess Silo, HttpClient Http)> started = [];
    private readonly PostgresWorld world;

    private SiloGroup(PostgresWorld world) => this.world = world;

    /// <summary>Of the database that they share.</summary>
    public string ConnectionString => world.ConnectionString;

    /// <summary>What ran, where and when.</summary>
    public IReadOnlyList<Effect> Effects => EffectLedger.Read(folder["effects"]);

    public static async Task<SiloGroup> NewAsync() => new(await PostgresWorld.NewAsync());

    /// <summary>Starts silos, all at once.</summary>
    public Task<(SiloProcess Silo, HttpClient Http)[]> StartAsync(params string[] names) => Task.WhenAll(names.Select(name => StartOneAsync(name)));

    public async Task<(SiloProcess Silo, HttpClient Http)> StartOneAsync(string name, params string[] more)
    {
        Directory.CreateDirectory(folder["effects"]);
        var silo = await SiloProcess.StartAssemblyAsync(
            SiloProcess.Misbehaving, folder[name], new Dictionary<string, string>(StringComparer.Ordinal) { [EffectLedger.Variable] = folder["effects"], ["HEARTH_TEST_BOUND"] = "yes" },
            ["--name", name, "--database", world.ConnectionString, .. more]);
        var http = silo.CreateClient();
        lock (started)
            started.Add((silo, http));
        return (silo, http);
    }

    /// <summary>Waits until a silo sees these and no others.</summary>
    public static Task SeesAsync(HttpClient http, params string[] names) => EventuallyAsync(
        async () => (await http.FetchAsync("/v1/silos")).Is(200).Json.GetProperty("silos").EnumerateArray()
            .Select(silo => silo.GetProperty("name").GetString()!).SequenceEqual(names),
        "it sees " + string.Join(", ", names));

    public static async Task EventuallyAsync(Func<Task<bool>> isSo, string what)
    {
        for (var since = TimeProvider.System.GetTimestamp(); !await isSo();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(60), "It did not come to this: " + what);
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System);
        }
    }

    /// <summary>Names of queues whose shards live on each of the silos of pool default that are there now.</summary>
    public async Task<Dictionary<string, string>> QueuesOfAsync(HttpClient http)
    {
        var silos = (await http.FetchAsync("/v1/silos")).Is(200).Json.GetProperty("silos").EnumerateArray()
            .Select(silo => (Id: silo.GetProperty("id").GetString()!, Name: silo.GetProperty("name").GetString()!)).ToList();
        return silos.ToDictionary(
            silo => silo.Name,
            silo => Enumerable.Range(0, 1_000).Select(n => $"q{n}").First(queue => Rendezvous.Pick(ShardKey.Of(queue), silos.Select(s => s.Id)) == silo.Id),
            StringComparer.Ordinal);
    }

    /// <summary>Submits jobs that note that they ran; a silo runs three at once.</summary>
    public static async Task<string[]> SubmitEffectsAsync(HttpClient http, string queue, int count, int milliseconds)
    {
        var jobs = string.Join(',', Enumerable.Range(0, count).Select(n =>
            $$"""{"function":"effect-of-few","input":{"key":"{{queue}}-{{n}}","milliseconds":{{milliseconds}} } }"""));
        return PathsOf((await http.PostJobsAsync(queue, $"[{jobs}]")).Is(202).Json);
    }

    /// <summary>The paths of jobs that were submitted together.</summary>
    public static string[] PathsOf(JsonElement submitted) =>
        [.. submitted.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!)];

    /// <summary>Waits until all have succeeded.</summary>
    public static async Task AllSucceedAsync(HttpClient http, IEnumerable<string> jobs)
    {
        foreach (var job in jobs)
        {
            var end = await http.BecomesEndedAsync(job);
            Assert.Equal("succeeded", end);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (silo, http) in started)
        {
            http.Dispose();
            await silo.DisposeAsync();
        }

        await world.DisposeAsync();
        folder.Dispose();
    }
}

internal static class Following
{
    /// <summary>Waits for a job's end, whatever moves meanwhile.</summary>
    public static async Task<string> BecomesEndedAsync(this HttpClient http, string job)
    {
        var state = "";
        await SiloGroup.EventuallyAsync(
            async () => (state = (await http.FetchAsync(job + "?wait=10s")).Is(200).Json.GetProperty("state").GetString()!) is "succeeded" or "failed" or "cancelled",
            $"{job} ends");
        return state;
    }
}
