using Hearth.Client;
using Hearth.Functions;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using static Hearth.Tests.Client.ScriptedSilo;

namespace Hearth.Tests.Client;

/// <summary>What is sent again, and what never is.</summary>
public sealed class RepeatTests
{
    private const string Accepted = """{"id":"01a1fe06a6ab7bef9bf7c765b76ecb7d","outcome":"accepted","job":"/v1/jobs/1","later":true}""";

    [Fact]
    public async Task A_submission_whose_answer_was_lost_is_the_same_job_when_it_is_sent_again()
    {
        await using var silo = await StartedApplication.StartAsync(builder => builder.AddBuiltInFunctions());
        await using var network = TcpProxy.Start(silo.Http.BaseAddress!.Port);
        using var client = Connect(new Uri($"http://127.0.0.1:{network.Port}"));
        network.HoldReplies();
        var submitting = client.SubmitAsync("lost", new NewJob("echo", 1));
        // The silo has it, and nobody has heard.
        for (var i = 0; i < 500 && (await silo.Http.FetchAsync("/v1/jobs?queue=lost")).Json.GetProperty("jobs").GetArrayLength() == 0; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.False(submitting.IsCompleted);
        network.Cut();
        network.Heal();
        var submitted = await submitting;
        Assert.Equal(SubmissionOutcome.Repeat, submitted.Outcome);
        Assert.Equal(submitted.Id, Assert.Single(await client.QueryAsync(new JobQuery { Queue = "lost" }).ToListAsync()).Id);
    }

    [Theory]
    [InlineData(503, "store-unavailable")]
    [InlineData(503, "outcome-unknown")]
    [InlineData(503, "silo-unavailable")]
    [InlineData(409, "key-in-progress")]
    public async Task A_submission_is_sent_again_with_the_same_key(int status, string slug)
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(status, slug), Dies, http => { http.Response.StatusCode = 502; return Task.CompletedTask; }, Json(202, Accepted));
        using var client = Connect(silo.Address);
        Assert.Equal("01a1fe06a6ab7bef9bf7c765b76ecb7d", (await client.SubmitAsync("q", new NewJob("echo", 1))).Id);
        Assert.Equal(4, silo.Requests.Count);
        Assert.Single(silo.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct(StringComparer.Ordinal));
        Assert.Single(silo.Requests.Select(r => r.Body).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_submissions_have_two_keys()
    {
        await using var silo = await ScriptedSilo.StartAsync(Json(202, Accepted));
        using var client = Connect(silo.Address);
        await client.SubmitAsync("q", new NewJob("echo", 1));
        await client.SubmitAsync("q", new NewJob("echo", 1));
        Assert.Equal(2, silo.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_full_queue_is_told_at_once()
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(429, "queue-full", retryAfter: 5));
        using var client = Connect(silo.Address);
        var full = await Assert.ThrowsAsync<HearthException>(() => client.SubmitAsync("q", new NewJob("echo", 1)));
        Assert.Equal((true, TimeSpan.FromSeconds(5)), (full.Is("queue-full"), full.Problem.RetryAfter));
        Assert.Single(silo.Requests);
    }

    [Fact]
    public async Task Jobs_of_which_one_is_unique_are_not_sent_again_when_nobody_knows_about_the_first_time()
    {
        await using var silo = await ScriptedSilo.StartAsync(Dies, Json(202, $$"""{"jobs":[{{Accepted}},{{Accepted}}]}"""));
        using var client = Connect(silo.Address);
        var lost = await Assert.ThrowsAsync<HearthUnreachableException>(
            () => client.SubmitManyAsync("q", [new NewJob("echo", 1), new NewJob("echo", 2) { Unique = new JobUnique() }]));
        Assert.True(lost.WasSent);
        Assert.False(Assert.Single(silo.Requests).Headers.ContainsKey("Idempotency-Key"));
    }

    [Fact]
    public async Task A_pause_is_as_long_as_was_asked_for()
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(503, "store-unavailable", retryAfter: 1), Json(202, Accepted));
        using var client = Connect(silo.Address);
        var start = TimeProvider.System.GetTimestamp();
        await client.SubmitAsync("q", new NewJob("echo", 1));
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task It_gives_up_when_its_time_is_over()
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(503, "store-unavailable"));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = silo.Address, RetryFor = TimeSpan.FromMilliseconds(500) });
        Assert.True((await Assert.ThrowsAsync<HearthException>(() => client.GetAsync("1"))).Is("store-unavailable"));
        Assert.InRange(silo.Requests.Count, 2, 20);
        using var once = new HearthClient(new HearthClientOptions { Endpoint = new Uri("http://127.0.0.1:1"), RetryFor = TimeSpan.Zero });
        Assert.False((await Assert.ThrowsAsync<HearthUnreachableException>(() => once.GetAsync("1"))).WasSent);
    }

    [Theory]
    [InlineData(429, "busy")]
    [InlineData(503, "pool-empty")]
    [InlineData(503, "silo-unavailable")]
    public async Task A_call_that_was_certainly_not_run_is_sent_again(int status, string slug)
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(status, slug), Json(200, "7"));
        using var client = Connect(silo.Address);
        Assert.Equal(7, await client.CallAsync<int>("f", 1));
        Assert.Equal(2, silo.Requests.Count);
    }

    [Theory]
    [InlineData(503, "cancelled")]
    [InlineData(503, "silo-lost")]
    [InlineData(503, "object-moved")]
    [InlineData(503, "outcome-unknown")]
    [InlineData(503, "store-unavailable")]
    [InlineData(504, "timeout")]
    [InlineData(500, "internal")]
    public async Task A_call_that_may_have_run_is_not_sent_again(int status, string slug)
    {
        await using var silo = await ScriptedSilo.StartAsync(Problem(status, slug, retryAfter: 1), Json(200, "7"));
        using var client = Connect(silo.Address);
        Assert.True((await Assert.ThrowsAsync<HearthException>(() => client.CallAsync<int>("f", 1))).Is(slug));
        Assert.Single(silo.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_whose_connection_dies_is_not_sent_again_whatever_its_input(bool hasInput)
    {
        await using var silo = await ScriptedSilo.StartAsync(Json(200, "1"), Dies, Json(200, "3"));
        using var client = Connect(silo.Address);
        var input = hasInput ? Payload.Of(1) : Payload.None;
        Assert.Equal("1", (await client.CallAsync("f", input)).ToString());
        Assert.True((await Assert.ThrowsAsync<HearthUnreachableException>(() => client.CallAsync("f", input))).WasSent);
        Assert.Equal(2, silo.Requests.Count);
        Assert.True((await Assert.ThrowsAsync<HearthUnreachableException>(async () =>
        {
            await using var other = await ScriptedSilo.StartAsync(Json(200, "1"), Dies, Json(200, "3"));
            using var operating = Connect(other.Address);
            await operating.OperateAsync("o", "k", "add", input);
            await operating.OperateAsync("o", "k", "add", input);
        })).WasSent);
    }

    [Fact]
    public async Task A_call_without_an_input_is_not_sent_again_on_a_new_connection_by_the_handler_below()
    {
        await using var server = new ClosingServer();
        using var client = Connect(server.Address);
        Assert.Equal("1", (await client.CallAsync("f", Payload.None)).ToString());
        Assert.True((await Assert.ThrowsAsync<HearthUnreachableException>(() => client.CallAsync("f", Payload.None))).WasSent);
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task A_cancellation_whose_answer_was_lost_is_not_told_as_too_late()
    {
        const string Cancelled = """{"id":"1","queue":"q","function":"f","state":"cancelled","priority":3,"acceptedAt":"2030-01-31T12:00:00Z"}""";
        await using var silo = await ScriptedSilo.StartAsync(Dies, Problem(409, "job-ended"), Json(200, Cancelled));
        using var client = Connect(silo.Address);
        Assert.Equal(JobState.Cancelled, (await client.CancelAsync("1")).State);
        await using var late = await ScriptedSilo.StartAsync(Problem(409, "job-ended"));
        using var other = Connect(late.Address);
        Assert.True((await Assert.ThrowsAsync<HearthException>(() => other.CancelAsync("1"))).Is("job-ended"));
    }

    private static HearthClient Connect(Uri address) => new(new HearthClientOptions { Endpoint = address });
}
