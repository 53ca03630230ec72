using Hearth.Functions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>What a caller hears of ends that are meant for jobs.</summary>
public sealed class OutcomeTests : IAsyncLifetime
{
    private StartedApplication app = null!;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder
        .AddFunction("snooze", string () => throw JobOutcome.Snooze(TimeSpan.FromSeconds(90), "the window is shut"))
        .AddFunction("later", string () => throw JobOutcome.RetryAfter(TimeSpan.FromSeconds(1.5), "busy"))
        .AddFunction("discard", string () => throw JobOutcome.Discard("the order is gone"))
        .AddFunction("fail-for-good", string () => throw JobOutcome.FailForGood("that is no picture"))
        .AddFunction("stream", async (Stream input, CancellationToken stop) =>
        {
            await input.CopyToAsync(Stream.Null, stop);
            throw JobOutcome.Snooze(TimeSpan.FromSeconds(90), "the window is shut");
        }));

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Theory]
    [InlineData("snooze", "90", "the window is shut")]
    [InlineData("stream", "90", "the window is shut")]
    [InlineData("later", "2", "busy")]
    public async Task A_call_that_is_to_come_again_is_told_when(string function, string retryAfter, string reason)
    {
        var answer = await app.Http.CallAsync(function, "");
        Assert.Equal(reason, answer.IsProblem(503, "not-now").GetProperty("detail").GetString());
        Assert.Equal(retryAfter, answer.Header("Retry-After"));
    }

    [Theory]
    [InlineData("discard", "the order is gone")]
    [InlineData("fail-for-good", "that is no picture")]
    public async Task A_call_that_is_of_no_use_has_failed(string function, string reason) =>
        Assert.Equal(reason, (await app.Http.CallAsync(function, "")).IsProblem(500, "function-failed").GetProperty("detail").GetString());

    [Fact]
    public async Task A_snooze_is_not_counted_as_a_failure()
    {
        (await app.Http.CallAsync("snooze", "")).Is(503);
        (await app.Http.CallAsync("later", "")).Is(503);
        Assert.Equal(0, await FailedAsync("snooze"));
        Assert.Equal(1, await FailedAsync("later"));
    }

    [Fact]
    public async Task The_events_of_a_snoozed_job_tell_of_it()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"snooze"}""");
        await app.Http.BecomesAsync(path, "scheduled");
        (await app.Http.AskAsync("DELETE", path)).Is(200);
        var events = await app.Http.EventsAsync(path);
        var snoozed = Assert.Single(events, e => e.Event == "attempt-snoozed");
        Assert.Equal(("1.0", "the window is shut"), (snoozed.Id, snoozed.Data.GetProperty("error").GetString()));
        var wait = snoozed.Data.GetProperty("retryAt").GetDateTimeOffset() - snoozed.Data.GetProperty("at").GetDateTimeOffset();
        Assert.InRange(wait.TotalSeconds, 89.9, 90.1);
    }

    private async Task<long> FailedAsync(string function) =>
        (await app.Http.FetchAsync("/v1/functions/" + function)).Json.GetProperty("usage").GetProperty("failed").GetInt64();
}
