using System.Text;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>Functions and queues bound to pools, and a front end that runs nothing.</summary>
public sealed class PoolTests : SiloGroupTests
{
    [PostgresFact]
    public async Task A_front_end_runs_nothing_itself_and_everything_on_workers()
    {
        var (front, http) = await Group.StartOneAsync("f", "--roles", "frontend");
        (await http.CallAsync("where", "")).IsProblem(503, "pool-empty");
        (await http.PostJobsAsync("q", """{"function":"where"}""")).IsProblem(503, "pool-empty");
        Assert.Empty((await http.FetchAsync("/v1/jobs")).Is(200).Json.GetProperty("jobs").EnumerateArray());

        var (worker, _) = await Group.StartOneAsync("w", "--roles", "worker");
        await SiloGroup.SeesAsync(http, "f", "w");
        Assert.Equal($"{worker.Id}", (await http.CallAsync("where", "")).Is(200).Text);
        var job = await http.PostJobAsync("q", """{"function":"where"}""");
        Assert.Equal($"{worker.Id}", (await http.FetchAsync(job + "/result?wait=30s")).Is(200).Text);
        Assert.Equal("succeeded", (await http.EventsAsync(job))[^1].Data.GetProperty("state").GetString());
        var outside = await http.PostJobAsync("q", """{"function":"outside","input":1}""");
        var leased = (await http.AskAsync(
            "POST", "/v1/queues/q/lease", Encoding.UTF8.GetBytes("""{"worker":"w","functions":["outside"],"wait":"20s"}"""), "application/json")).Is(200).Json;
        Assert.Equal(outside, "/v1/jobs/" + Assert.Single(leased.GetProperty("jobs").EnumerateArray()).GetProperty("id").GetString());
        Assert.NotEqual(front.Id, worker.Id);
    }

    [PostgresFact]
    public async Task What_is_bound_to_a_pool_waits_for_it_and_runs_there()
    {
        var (_, http) = await Group.StartOneAsync("a");
        (await http.CallAsync("picky", """{"name":"x"}""")).IsProblem(503, "pool-empty");
        var job = await http.PostJobAsync("q", """{"function":"picky","input":{"name":"x"}}""");
        Assert.Equal("ready", (await http.FetchAsync(job + "?wait=1s")).Is(200).Json.GetProperty("state").GetString());
        var health = (await http.FetchAsync("/health/ready")).Is(200).Json;
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        Assert.Contains(health.GetProperty("reasons").EnumerateArray(), reason => reason.GetString()!.Contains("pool 'gpu'", StringComparison.Ordinal));

        var (gpu, other) = await Group.StartOneAsync("g", "--pool", "gpu");
        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal($"\"x {gpu.Id}\"", (await http.FetchAsync(job + "/result?wait=30s")).Is(200).Text);
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal($"\"y {gpu.Id}\"", (await http.CallAsync("picky", """{"name":"y"}""")).Is(200).Text);
        await SiloGroup.EventuallyAsync(
            async () => (await http.FetchAsync("/health/ready")).Is(200).Json.GetProperty("status").GetString() == "ready", "it is ready");

        await StreamsAsync(http);
        // Its queue is in pool default, whose silo is the other.
        var back = await other.PostJobAsync("q", """{"function":"where"}""");
        Assert.NotEqual($"{gpu.Id}", (await other.FetchAsync(back + "/result?wait=30s")).Is(200).Text);
        await gpu.KillAsync();
        await SiloGroup.SeesAsync(http, "a");
        (await http.CallAsync("picky", """{"name":"x"}""")).IsProblem(503, "pool-empty");
    }

    private static async Task StreamsAsync(HttpClient http)
    {
        var bytes = new byte[5 << 20];
        Random.Shared.NextBytes(bytes);
        var echoed = await http.AskAsync("POST", "/v1/functions/picky-stream/call", bytes, "application/octet-stream");
        Assert.Equal(bytes, echoed.Is(200).Body);
        Assert.Equal(bytes, (await http.CallChunkedAsync("picky-stream", bytes, "application/octet-stream")).Is(200).Body);
        var tooLarge = new byte[(32 << 20) + 1];
        (await http.AskAsync("POST", "/v1/functions/picky-stream/call", tooLarge, "application/octet-stream")).IsProblem(413, "too-large");
        (await http.CallChunkedAsync("picky-stream", tooLarge, "application/octet-stream")).IsProblem(413, "too-large");
    }
}
