using System.Globalization;
using System.Text;
using System.Text.Json;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A queue's circuit breaker as a user sees it: over HTTP, on jobs that really run.</summary>
public sealed class BreakerTests : IAsyncLifetime
{
    private StartedApplication app = null!;
    private volatile bool isDown = true;
    private int runs;
    private int failures;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder.AddFunction("visit", () =>
    {
        Interlocked.Increment(ref runs);
        if (!isDown)
            return "there";
        Interlocked.Increment(ref failures);
        throw new HttpRequestException("The destination is down.");
    }));

    public Task DisposeAsync() => app.DisposeAsync().AsTask();

    [Fact]
    public async Task It_opens_shows_why_and_until_when_and_whoever_resets_it_lets_all_jobs_run_with_their_attempts()
    {
        await DefineAsync("""{"limits":{"concurrency":1},"breaker":{"failures":3,"pause":"1h"}}""");
        var jobs = await SubmitAsync(10);
        var shown = await BecomesAsync("open");
        Assert.Equal((3, 1, 0), (shown.GetProperty("failures").GetInt32(), shown.GetProperty("openShards").GetInt32(), shown.GetProperty("probes").GetInt32()));
        Assert.Equal(TimeSpan.FromHours(1), shown.GetProperty("nextProbe").GetDateTimeOffset() - shown.GetProperty("since").GetDateTimeOffset());
        Assert.Contains("<state>open</state>", (await app.Http.FetchAsync("/v1/queues/q", ("Accept", "application/xml"))).Is(200).Text, StringComparison.Ordinal);
        await JobWorld.PauseAsync();
        Assert.Equal(3, runs);

        isDown = false;
        var reset = (await app.Http.AskAsync("DELETE", "/v1/queues/q/back-off")).Is(200).Json.GetProperty("breaker");
        Assert.Equal(("closed", JsonValueKind.Null), (reset.GetProperty("state").GetString(), reset.GetProperty("nextProbe").ValueKind));
        var attempts = await EndAsync(jobs);
        Assert.Equal(13, attempts.Sum());
        Assert.All(attempts, attempt => Assert.InRange(attempt, 1, 4));
    }

    [Fact]
    public async Task After_the_pause_one_runs_to_find_out_and_the_others_when_it_has_succeeded()
    {
        await DefineAsync("""{"breaker":{"failures":1,"pause":"1s","pauseMax":"2s"}}""");
        var jobs = await SubmitAsync(1);
        await BecomesAsync("open");
        jobs.AddRange(await SubmitAsync(20));
        await JobWorld.EventuallyAsync(() => runs >= 2, "a probe has run");
        var shown = await BecomesAsync("open");
        Assert.Equal(TimeSpan.FromSeconds(2), shown.GetProperty("nextProbe").GetDateTimeOffset() - shown.GetProperty("since").GetDateTimeOffset());
        isDown = false;
        await EndAsync(jobs);
        // Each pause cost one attempt, however many jobs waited.
        Assert.InRange(failures, 2, 10);
        Assert.Equal(failures + 21, runs);
        Assert.Equal("closed", (await ShowAsync()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_change_of_the_definition_counts_at_once_and_without_it_jobs_run_on()
    {
        await DefineAsync("""{"breaker":{"failures":1,"pause":"1h"}}""");
        var jobs = await SubmitAsync(1);
        await BecomesAsync("open");
        await DefineAsync("""{"breaker":{"failures":2,"probes":3},"timeout":"10s"}""");
        Assert.Equal("open", (await ShowAsync()).GetProperty("state").GetString());
        isDown = false;
        await DefineAsync("""{"breaker":null}""");
        await EndAsync(jobs);
        Assert.Equal(JsonValueKind.Null, (await ShowAsync()).ValueKind);
        await DefineAsync("""{"breaker":{"failures":2}}""");
        Assert.Equal(("closed", 0), ((await ShowAsync()).GetProperty("state").GetString(), (await ShowAsync()).GetProperty("failures").GetInt32()));
    }

    [Fact]
    public async Task Each_shard_has_one_and_a_reset_closes_them_all()
    {
        await DefineAsync("""{"shards":2,"breaker":{"failures":1,"pause":"1h"}}""");
        var jobs = await SubmitAsync(4, atOnce: 1);
        await JobWorld.EventuallyAsync(async () => (await ShowAsync()).GetProperty("openShards").GetInt32() == 2, "both are open");
        isDown = false;
        (await app.Http.AskAsync("DELETE", "/v1/queues/q/back-off")).Is(200);
        Assert.Equal(("closed", 0), ((await ShowAsync()).GetProperty("state").GetString(), (await ShowAsync()).GetProperty("openShards").GetInt32()));
        await EndAsync(jobs);
    }

    private async Task DefineAsync(string patch) =>
        (await app.Http.AskAsync("PATCH", "/v1/queues/q", Encoding.UTF8.GetBytes(patch), "application/merge-patch+json")).Is(200);

    private async Task<List<string>> SubmitAsync(int count, int atOnce = 1_000)
    {
        var jobs = new List<string>();
        foreach (var some in Enumerable.Range(0, count).Chunk(atOnce))
        {
            var body = string.Join(',', some.Select(_ => """{"function":"visit","retry":{"attempts":100,"initial":"10ms","cap":"1s"}}"""));
            jobs.AddRange((await app.Http.PostJobsAsync("q", $"[{body}]")).Is(202).Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!));
        }

        return jobs;
    }

    private async Task<JsonElement> ShowAsync() => (await app.Http.FetchAsync("/v1/queues/q")).Is(200).Json.GetProperty("breaker");

    private async Task<JsonElement> BecomesAsync(string state)
    {
        JsonElement shown = default;
        await JobWorld.EventuallyAsync(async () => (shown = await ShowAsync()).GetProperty("state").GetString() == state, string.Create(CultureInfo.InvariantCulture, $"the breaker is {state}"));
        return shown;
    }

    private async Task<List<int>> EndAsync(List<string> jobs)
    {
        var attempts = new List<int>();
        foreach (var job in jobs)
        {
            var ended = (await app.Http.EndAsync(job)).Json;
            Assert.Equal("succeeded", ended.GetProperty("state").GetString());
            attempts.Add(ended.GetProperty("attempt").GetInt32());
        }

        return attempts;
    }
}
