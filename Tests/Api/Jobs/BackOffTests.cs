using System.Text;
using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Jobs that wait because a run has asked for it: who asks, who sees it, who ends it.</summary>
public sealed class BackOffTests : IAsyncLifetime
{
    private StartedApplication app = null!;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder.AddExternalFunction("visit"));

    public Task DisposeAsync() => app.DisposeAsync().AsTask();

    [Fact]
    public async Task A_worker_outside_holds_back_a_key_and_whoever_resets_it_lets_its_jobs_start()
    {
        foreach (var key in new[] { "a", "a", "b" })
            await SubmitAsync("q", key);
        var first = Assert.Single(await LeaseAsync("q", 1));
        var before = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await CompleteAsync("q", first, "\"outcome\":\"snoozed\",\"after\":\"1h\",\"backOff\":\"key\"");
        Assert.Equal(["b"], (await LeaseAsync("q", 10)).Select(KeyOf));

        var shown = (await app.Http.FetchAsync("/v1/queues/q")).Is(200).Json.GetProperty("backOff");
        Assert.Equal((JsonValueKind.Null, 1), (shown.GetProperty("until").ValueKind, shown.GetProperty("keysHeld").GetInt32()));
        var held = Assert.Single(shown.GetProperty("keys").EnumerateArray());
        Assert.Equal("a", held.GetProperty("key").GetString());
        Assert.InRange(held.GetProperty("since").GetDateTimeOffset(), before, before.AddMinutes(3));
        Assert.InRange(held.GetProperty("until").GetDateTimeOffset(), before.AddHours(1), before.AddMinutes(63));
        Assert.Contains("<key>a</key>", (await app.Http.FetchAsync("/v1/queues/q", ("Accept", "application/xml"))).Is(200).Text, StringComparison.Ordinal);

        Assert.Equal(JsonValueKind.Null, (await EndAsync("q")).GetProperty("backOff").ValueKind);
        // The one that asked waits as it has asked.
        Assert.Equal(["a"], (await LeaseAsync("q", 10)).Select(KeyOf));
        Assert.Equal(1, (await app.Http.FetchAsync("/v1/queues/q")).Is(200).Json.GetProperty("scheduled").GetInt32());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_queue_that_is_held_back_starts_again_on_all_shards_when_it_is_reset(int shards)
    {
        await DefineAsync("many", $$"""{"shards":{{shards}}}""");
        for (var i = 0; i < 4 * shards; i++)
            await SubmitAsync("many", null);
        var told = await LeaseAsync("many", 2 * shards);
        foreach (var job in told)
            await CompleteAsync("many", job, "\"outcome\":\"failed\",\"after\":\"1h\",\"backOff\":\"queue\"");
        var held = await LeaseAsync("many", 100);
        var shown = (await app.Http.FetchAsync("/v1/queues/many")).Is(200).Json.GetProperty("backOff");
        Assert.Equal((JsonValueKind.String, 0), (shown.GetProperty("until").ValueKind, shown.GetProperty("keysHeld").GetInt32()));
        if (shards == 1)
            Assert.Empty(held);
        await EndAsync("many");
        Assert.Equal(2 * shards, held.Count + (await LeaseAsync("many", 100)).Count);
    }

    [Fact]
    public async Task The_keys_that_wait_longest_are_shown()
    {
        for (var i = 0; i < 25; i++)
            await SubmitAsync("keys", $"k{i}");
        foreach (var (job, i) in (await LeaseAsync("keys", 25)).Select((job, i) => (job, i)))
            await CompleteAsync("keys", job, $"\"outcome\":\"snoozed\",\"after\":\"{i + 1}h\",\"backOff\":\"key\"");
        var shown = (await app.Http.FetchAsync("/v1/queues/keys")).Is(200).Json.GetProperty("backOff");
        Assert.Equal((25, 20), (shown.GetProperty("keysHeld").GetInt32(), shown.GetProperty("keys").GetArrayLength()));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"k{24 - i}"), shown.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()!));
    }

    [Fact]
    public async Task A_back_off_outlives_a_change_of_the_limits()
    {
        await SubmitAsync("limits", null);
        await CompleteAsync("limits", Assert.Single(await LeaseAsync("limits", 1)), "\"outcome\":\"snoozed\",\"after\":\"1h\",\"backOff\":\"queue\"");
        await SubmitAsync("limits", null);
        await DefineAsync("limits", """{"limits":{"concurrency":5}}""");
        await DefineAsync("limits", """{"limits":null}""");
        Assert.Empty(await LeaseAsync("limits", 10));
        await EndAsync("limits");
        Assert.Single(await LeaseAsync("limits", 10));
    }

    [Fact]
    public async Task A_queue_that_is_not_there_has_nothing_to_reset() =>
        (await app.Http.AskAsync("DELETE", "/v1/queues/none/back-off")).IsProblem(404, "unknown-queue");

    private static string? KeyOf(JsonElement job) => job.GetProperty("input").GetString();

    private Task<string> SubmitAsync(string queue, string? key) =>
        app.Http.PostJobAsync(queue, $$"""{"function":"visit","input":"{{key}}"{{(key is null ? "" : $",\"key\":\"{key}\"")}}}""");

    private async Task<JsonElement> EndAsync(string queue) => (await app.Http.AskAsync("DELETE", $"/v1/queues/{queue}/back-off")).Is(200).Json;

    private async Task DefineAsync(string queue, string patch) =>
        (await app.Http.AskAsync("PATCH", "/v1/queues/" + queue, Encoding.UTF8.GetBytes(patch), "application/merge-patch+json")).Is(200);

    private async Task<List<JsonElement>> LeaseAsync(string queue, int max) =>
        [.. (await PostAsync(queue, "lease", $$"""{"worker":"w","functions":["visit"],"max":{{max}},"lease":"10m"}""")).Is(200).Json.GetProperty("jobs").EnumerateArray()];

    private async Task CompleteAsync(string queue, JsonElement job, string members) => Assert.Equal(
        "accepted",
        (await PostAsync(queue, "complete", $$"""{"id":"{{job.GetProperty("id").GetString()}}","attempt":{{job.GetProperty("attempt").GetInt32()}},{{members}}}""")).Is(200).Json.GetProperty("outcome").GetString());

    private Task<Answer> PostAsync(string queue, string route, string body) =>
        app.Http.AskAsync("POST", $"/v1/queues/{queue}/{route}", Encoding.UTF8.GetBytes(body), "application/json");
}
