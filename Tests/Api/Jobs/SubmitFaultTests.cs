using System.Text.Json;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Submissions when the queue is full, and when the store is away, slow, or lost in a commit.</summary>
public sealed class SubmitFaultTests
{
    private const string Job = """{"function":"wordcount","inputText":"a","delay":"1h"}""";

    [Fact]
    public async Task A_full_queue_says_which_how_full_and_when_to_try_again()
    {
        await using var app = await StartAsync(new InMemoryJobStore(TimeProvider.System), depthMax: 3);
        (await app.Http.PostJobsAsync("narrow", $"[{Job},{Job}]")).Is(202);
        (await app.Http.PostJobsAsync("narrow", $"[{Job},{Job}]")).IsProblem(429, "queue-full");
        var path = (await app.Http.PostJobsAsync("narrow", Job)).Is(202).Header("Location")!;
        var refused = await app.Http.PostJobsAsync("narrow", Job);
        var problem = refused.IsProblem(429, "queue-full");
        Assert.Equal("5", refused.Header("Retry-After"));
        Assert.Contains("'narrow'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("at most 3", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await app.Http.PostJobsAsync("narrow", Job, SubmitEndpoint.Ndjson)).IsProblem(429, "queue-full");
        (await app.Http.PostJobsAsync("wide", Job)).Is(202);
        (await app.Http.AskAsync("DELETE", path)).Is(200);
        (await app.Http.PostJobsAsync("narrow", Job)).Is(202);
    }

    [Fact]
    public async Task A_call_as_a_job_meets_a_full_queue_too()
    {
        await using var app = await StartAsync(new InMemoryJobStore(TimeProvider.System), depthMax: 1);
        (await app.Http.PostJobsAsync("default", Job)).Is(202);
        (await app.Http.CallAsync("wordcount", "a", "text/plain", ("Prefer", "respond-async"))).IsProblem(429, "queue-full");
    }

    [Fact]
    public async Task A_stream_that_fills_the_queue_ends_and_says_how_far_it_came()
    {
        await using var app = await StartAsync(new InMemoryJobStore(TimeProvider.System), depthMax: 1_500);
        var answer = await app.Http.PostJobsAsync("narrow", string.Join('\n', Enumerable.Repeat(Job, 4_000)), SubmitEndpoint.Ndjson);
        var lines = answer.Is(200).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var last = lines[^1];
        Assert.False(last.GetProperty("done").GetBoolean());
        Assert.Equal("urn:hearth:problem:queue-full", last.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal(lines.Count - 1, last.GetProperty("accepted").GetInt32());
        Assert.Equal(lines.Count - 1, (await app.Http.FetchAsync("/v1/queues/narrow")).Json.GetProperty("open").GetInt32());
    }

    [Fact]
    public async Task A_store_that_is_away_is_503_and_nothing_is_stored()
    {
        var store = new InMemoryJobStore(TimeProvider.System);
        await using var app = await StartAsync(store);
        (await app.Http.PostJobsAsync("q", Job)).Is(202);
        store.IsDown = true;
        foreach (var answer in new[]
        {
            await app.Http.PostJobsAsync("q", Job), await app.Http.PostJobsAsync("new", Job), await app.Http.PostJobsAsync("q", $"[{Job}]"),
            await app.Http.PostJobsAsync("q", Job, SubmitEndpoint.Ndjson), await app.Http.CallAsync("wordcount", "a", "text/plain", ("Prefer", "respond-async")),
            await app.Http.FetchAsync("/v1/jobs"), await app.Http.FetchAsync("/v1/queues"), await app.Http.FetchAsync("/v1/jobs?state=ready"),
        })
        {
            answer.IsProblem(503, "store-unavailable");
            Assert.Equal("1", answer.Header("Retry-After"));
        }

        store.IsDown = false;
        Assert.Equal(1, (await app.Http.FetchAsync("/v1/queues/q")).Json.GetProperty("open").GetInt32());
        (await app.Http.PostJobsAsync("q", Job)).Is(202);
    }

    [Fact]
    public async Task An_outcome_that_is_not_known_is_told_as_such_and_the_key_finds_out()
    {
        foreach (var isStored in new[] { true, false })
        {
            var store = new InMemoryJobStore(TimeProvider.System);
            await using var app = await StartAsync(store);
            (await app.Http.PostJobsAsync("q", Job)).Is(202);
            store.LoseNextOutcome(isStored);
            var problem = (await app.Http.PostJobsAsync("q", Job, headers: ("Idempotency-Key", "k"))).IsProblem(503, "outcome-unknown");
            Assert.Contains("same Idempotency-Key", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            var again = (await app.Http.PostJobsAsync("q", Job, headers: ("Idempotency-Key", "k"))).Is(202);
            Assert.Equal(isStored ? "repeat" : "accepted", again.Json.GetProperty("outcome").GetString());
            Assert.Equal(2, (await app.Http.FetchAsync("/v1/jobs?queue=q")).Json.GetProperty("jobs").GetArrayLength());
        }
    }

    [Fact]
    public async Task Ten_seconds_without_an_answer_are_503_and_meanwhile_the_key_is_409()
    {
        var clock = new ManualTimeProvider();
        var store = new InMemoryJobStore(clock);
        await using var app = await StartAsync(store, clock: clock);
        (await app.Http.PostJobsAsync("q", Job)).Is(202);
        store.HoldWrites();
        var first = app.Http.PostJobsAsync("q", Job, headers: ("Idempotency-Key", "slow"));
        while (store.HeldWrites == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        (await app.Http.PostJobsAsync("q", Job, headers: ("Idempotency-Key", "slow"))).IsProblem(409, "key-in-progress");
        clock.Advance(JobSubmitter.AnswerMax - TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var answer = await first;
        answer.IsProblem(503, "outcome-unknown");
        Assert.Equal("1", answer.Header("Retry-After"));
        store.ReleaseWrites();
        for (var i = 0; i < 500; i++)
        {
            var again = await app.Http.PostJobsAsync("q", Job, headers: ("Idempotency-Key", "slow"));
            if (again.Status == 409)
                continue;
            Assert.Equal("repeat", again.Is(202).Json.GetProperty("outcome").GetString());
            break;
        }
    }

    [Fact]
    public async Task A_queue_more_than_there_can_be_is_refused_and_those_that_are_there_go_on()
    {
        var store = new InMemoryJobStore(TimeProvider.System);
        await using var app = await StartAsync(store);
        (await app.Http.PostJobsAsync("there", Job)).Is(202);
        for (var i = 1; i < JobLimits.ShardsMax; i++)
            await store.ClaimAsync(ShardKey.Of("q" + i), "test", isPlanned: false, CancellationToken.None);
        (await app.Http.PostJobsAsync("new", Job)).IsProblem(422, "too-many-queues");
        (await app.Http.PostJobsAsync("there", Job)).Is(202);
    }

    [Fact]
    public async Task A_damaged_result_is_told_as_such()
    {
        var store = new InMemoryJobStore(TimeProvider.System);
        await using var app = await StartAsync(store);
        var path = await app.Http.PostJobAsync("q", """{"function":"wordcount","inputText":"a"}""");
        await app.Http.EndAsync(path);
        Assert.True(JobId.TryParse(path[9..], out var id));
        store.Damage(id);
        (await app.Http.FetchAsync(path + "/result")).IsProblem(500, "damaged");
    }

    private static Task<StartedApplication> StartAsync(InMemoryJobStore store, int depthMax = JobLimits.QueueDepthMax, TimeProvider? clock = null) =>
        StartedApplication.StartAsync(b =>
        {
            b.AddBuiltInFunctions();
            b.Services.AddSingleton<IJobStore>(store);
            b.Services.AddSingleton(new JobsOptions("test") { DepthMax = depthMax });
            if (clock is not null)
                b.Services.Replace(ServiceDescriptor.Singleton(clock));
        });
}
