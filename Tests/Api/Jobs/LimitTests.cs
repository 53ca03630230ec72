using System.Collections.Concurrent;
using System.Net.Http.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Limits of a queue as a user sets them: over HTTP, on jobs that really run.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Key, int Number, DateTimeOffset At)> ran = new();
    private StartedApplication silo = null!;
    private int running;
    private int most;

    public async Task InitializeAsync() => silo = await StartedApplication.StartAsync(builder => builder.AddFunction("visit", async (Visit visit) =>
    {
        var now = Interlocked.Increment(ref running);
        for (var seen = most; now > seen; seen = most)
            Interlocked.CompareExchange(ref most, now, seen);
        ran.Enqueue((visit.Key, visit.Number, TimeProvider.System.GetUtcNow()));
        await Task.Delay(TimeSpan.FromMilliseconds(visit.Milliseconds), TimeProvider.System);
        Interlocked.Decrement(ref running);
    }));

    public Task DisposeAsync() => silo.DisposeAsync().AsTask();

    [Fact]
    public async Task No_more_run_at_once_than_the_queue_allows()
    {
        await DefineAsync("""{"limits":{"concurrency":2}}""");
        await RunAsync(Enumerable.Range(0, 30).Select(n => new Visit("a", n, 20)));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Jobs_of_a_key_run_one_after_the_other_as_they_were_accepted_and_keys_beside_each_other()
    {
        await DefineAsync("""{"limits":{"key":"$.key","keyOrder":true}}""");
        await RunAsync(Enumerable.Range(0, 40).Select(n => new Visit($"{n % 4}", n, 10)));
        Assert.All(ran.GroupBy(visit => visit.Key), key => Assert.Equal(key.OrderBy(v => v.Number).Select(v => v.Number), key.Select(v => v.Number)));
        Assert.InRange(most, 2, 4);
    }

    [Fact]
    public async Task No_more_start_in_a_window_than_the_queue_allows()
    {
        await DefineAsync("""{"limits":{"rates":[{"starts":10,"per":"1s"}]}}""");
        var before = TimeProvider.System.GetUtcNow();
        await RunAsync(Enumerable.Range(0, 35).Select(n => new Visit("a", n, 0)));
        var starts = (await ListAsync()).Order().ToList();
        Assert.Equal(35, starts.Count);
        // A run begins a while after its start, nobody knows how long, so that windows cannot be seen from here; but none begins too early.
        Assert.All(starts, (at, i) => Assert.InRange(i, 0, (10 * ((int)(at - before).TotalSeconds + 1)) - 1));
    }

    [Fact]
    public async Task Who_has_much_to_do_delays_the_others_by_a_turn()
    {
        await DefineAsync("""{"paused":true,"limits":{"key":"$.key","fair":true,"concurrency":1}}""");
        var jobs = await SubmitAsync(Enumerable.Range(0, 2_000).Select(n => new Visit("much", n, 0)));
        jobs.AddRange(await SubmitAsync(Enumerable.Range(0, 20).Select(n => new Visit($"little {n}", n, 0))));
        (await silo.Http.AskAsync("POST", "/v1/queues/limited/resume", null)).Is(200);
        await EndAsync(jobs);
        var order = ran.Select(visit => visit.Key).ToList();
        Assert.True(order.FindLastIndex(key => key != "much") < 30, $"The last of the others was number {order.FindLastIndex(key => key != "much")}.");
    }

    [Theory]
    [InlineData("""{"shards":2,"limits":{"key":"key"}}""", "limits.key")]
    [InlineData("""{"limits":{"rates":[{"starts":0,"per":"1s"}]}}""", "limits.rates[0].starts")]
    [InlineData("""{"limits":{"concurency":1}}""", "limits.concurency")]
    public async Task What_cannot_be_names_the_field(string definition, string field)
    {
        var answer = await silo.Http.AskAsync("PUT", "/v1/queues/limited", System.Text.Encoding.UTF8.GetBytes(definition), "application/json");
        Assert.Equal(field, answer.IsProblem(422, "invalid-input").GetProperty("field").GetString());
    }

    private async Task DefineAsync(string definition) =>
        Assert.True((await silo.Http.PutAsync("/v1/queues/limited", new StringContent(definition, System.Text.Encoding.UTF8, "application/json"))).IsSuccessStatusCode);

    private async Task RunAsync(IEnumerable<Visit> visits) => await EndAsync(await SubmitAsync(visits));

    private async Task<List<string>> SubmitAsync(IEnumerable<Visit> visits)
    {
        using var answer = await silo.Http.PostAsJsonAsync("/v1/queues/limited/jobs", visits.Select(visit => new { function = "visit", input = visit }));
        var told = await answer.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, told.ToString());
        return [.. told.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!)];
    }

    private async Task EndAsync(List<string> jobs)
    {
        foreach (var job in jobs)
            Assert.Equal("succeeded", (await silo.Http.FetchAsync(job + "?wait=60s")).Is(200).Json.GetProperty("state").GetString());
    }

    private async Task<IEnumerable<DateTimeOffset>> ListAsync() =>
        (await silo.Http.FetchAsync("/v1/jobs?queue=limited&limit=1000")).Is(200).Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("startedAt").GetDateTimeOffset());

    private sealed record Visit(string Key, int Number, int Milliseconds);
}
