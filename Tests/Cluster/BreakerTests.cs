using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>A circuit breaker in a cluster: it stays open when its silo is killed.</summary>
public sealed class BreakerTests : SiloGroupTests
{
    [PostgresFact]
    public async Task It_stays_open_when_its_silo_is_killed_and_whoever_resets_it_reaches_the_new_owner()
    {
        var started = await Group.StartAsync("a", "b");
        var (a, b) = (started[0].Http, started[1].Http);
        await SiloGroup.SeesAsync(a, "a", "b");
        await SiloGroup.SeesAsync(b, "a", "b");
        var queue = (await Group.QueuesOfAsync(a))["b"];
        (await a.AskAsync("PATCH", "/v1/queues/" + queue, """{"breaker":{"failures":1,"pause":"1h"}}"""u8.ToArray(), "application/json")).Is(200);
        var failing = await a.PostJobAsync(queue, """{"function":"refuse","input":{"name":"down"}}""");
        Assert.Equal("failed", await a.BecomesEndedAsync(failing));
        var open = await BreakerAsync(a, queue);
        Assert.Equal("open", open.GetProperty("state").GetString());
        var waiting = await a.PostJobAsync(queue, """{"function":"reverse","input":"a"}""");

        await started[1].Silo.KillAsync();
        await SiloGroup.SeesAsync(a, "a");
        await SiloGroup.EventuallyAsync(
            async () => (await a.FetchAsync("/v1/queues/" + queue)) is { Status: 200 } shown && shown.Json.GetProperty("breaker").ValueKind == JsonValueKind.Object
                && shown.Json.GetProperty("ready").GetInt32() == 1,
            "the new owner has the job");
        var kept = await BreakerAsync(a, queue);
        Assert.Equal(("open", JsonValueKind.Null), (kept.GetProperty("state").GetString(), kept.GetProperty("failures").ValueKind));
        Assert.InRange((kept.GetProperty("nextProbe").GetDateTimeOffset() - open.GetProperty("nextProbe").GetDateTimeOffset()).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal("ready", (await a.FetchAsync(waiting + "?wait=500ms")).Is(200).Json.GetProperty("state").GetString());
        Assert.Equal("closed", (await a.AskAsync("DELETE", $"/v1/queues/{queue}/back-off")).Is(200).Json.GetProperty("breaker").GetProperty("state").GetString());
        Assert.Equal("succeeded", await a.BecomesEndedAsync(waiting));
    }

    private static async Task<JsonElement> BreakerAsync(HttpClient http, string queue) => (await http.FetchAsync("/v1/queues/" + queue)).Is(200).Json.GetProperty("breaker");
}
