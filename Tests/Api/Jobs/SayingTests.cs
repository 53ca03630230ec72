using System.Text.Json;
using Hearth.Functions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>What callers see of what a run says of itself.</summary>
public sealed class SayingTests : IAsyncLifetime
{
    private readonly TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StartedApplication app = null!;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder.AddFunction(
        "say",
        async (FunctionContext context) =>
        {
            context.Log("begins");
            context.Progress(0.4, "reading");
            await context.SaveDetailAsync(new { page = 4 });
            if (context.JobId is not null)
                await gate.Task;
            return await context.ReadDetailAsync<JsonElement?>() is { } detail ? detail.GetProperty("page").GetInt32() : 0;
        }));

    public async Task DisposeAsync()
    {
        gate.TrySetResult();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Progress_and_log_of_a_job_are_shown_and_told()
    {
        var path = await app.Http.PostJobAsync("q", """{"function":"say"}""");
        await ProgressAsync(path);
        var shown = (await app.Http.FetchAsync(path)).Json;
        Assert.Equal(
            (40, "reading"), (shown.GetProperty("progress").GetProperty("percent").GetDouble(), shown.GetProperty("progress").GetProperty("message").GetString()));
        Assert.Equal("""{"attempts":[]}""", (await app.Http.FetchAsync(path + "/log")).Is(200).Text);
        Assert.Equal("reading", (await app.Http.FetchAsync(path, ("Accept", "application/xml"))).Is(200).Xml["progress"]!["message"]!.InnerText);

        var told = new List<(string? Id, string Event, JsonElement Data)>();
        await foreach (var one in app.Http.FollowAsync(path))
        {
            told.Add(one);
            if (one.Event == "progress")
                gate.TrySetResult();
        }

        var progress = Assert.Single(told, e => e.Event == "progress");
        Assert.Null(progress.Id);
        Assert.Equal((1, 40, "reading"), (progress.Data.GetProperty("attempt").GetInt32(), progress.Data.GetProperty("percent").GetDouble(), progress.Data.GetProperty("message").GetString()));

        var ended = (await app.Http.EndAsync(path)).Json;
        Assert.Equal(JsonValueKind.Null, ended.GetProperty("progress").ValueKind);
        var log = (await app.Http.FetchAsync(ended.GetProperty("log").GetString()!)).Is(200).Json.GetProperty("attempts")[0];
        Assert.Equal((1, 0, "begins"), (log.GetProperty("attempt").GetInt32(), log.GetProperty("dropped").GetInt32(), log.GetProperty("lines")[0].GetProperty("text").GetString()));
        Assert.Equal("4", (await app.Http.FetchAsync(path + "/result")).Text);
        // Neither a line nor a detail is an event, so that positions stay what they were.
        Assert.Equal(["accepted", "end"], (await app.Http.EventsAsync(path)).Select(e => e.Event));
    }

    [Fact]
    public async Task A_call_may_say_the_same_and_nothing_of_it_is_kept() =>
        Assert.Equal("0", (await app.Http.CallAsync("say", "")).Is(200).Text);

    [Fact]
    public async Task The_log_of_no_job_is_not_found() =>
        (await app.Http.FetchAsync("/v1/jobs/01a1fe06a6ab7bef9bf7c765b76ecb7d/log")).IsProblem(404, "unknown-job");

    private async Task ProgressAsync(string path)
    {
        while ((await app.Http.FetchAsync(path)).Json.GetProperty("progress").ValueKind == JsonValueKind.Null)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }
}
