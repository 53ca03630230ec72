using System.Collections.Concurrent;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Functions that work on several inputs at once: each job is its own.</summary>
public sealed class MicroBatchTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<int> sizes = new();
    private readonly ConcurrentQueue<(string? Job, int Attempt)> seen = new();
    private readonly TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StartedApplication app = null!;

    public async Task InitializeAsync() => app = await StartedApplication.StartAsync(builder => builder
        .AddBatchFunction<int, string>("full", (items, _) => AnswerAsync(items), max: 10, TimeSpan.FromSeconds(30), o => o.Timeout = TimeSpan.FromMinutes(2))
        .AddBatchFunction<int, string>("soon", (items, _) => AnswerAsync(items), max: 100, TimeSpan.FromSeconds(3))
        .AddBatchFunction<int, string>("wrong", (_, _) => Task.FromResult<IReadOnlyList<BatchOutcome<string>>>([]), max: 1, TimeSpan.FromSeconds(1))
        .AddBatchFunction<int, string>("throws", (_, _) => throw new FunctionException("none of you"), max: 2, TimeSpan.FromSeconds(1))
        .AddBatchFunction<int, string>(
            "gate",
            async (items, _) =>
            {
                await gate.Task;
                return await AnswerAsync(items);
            },
            max: 2, TimeSpan.FromSeconds(30), o => o.Timeout = TimeSpan.FromMinutes(2))
        .AddBatchFunction<int, string>(
            "say",
            async (items, _) =>
            {
                foreach (var item in items)
                {
                    item.Context.Log($"line of {item.Input}");
                    item.Context.Progress(item.Input / 100.0, $"at {item.Input}");
                }

                await gate.Task;
                return await AnswerAsync(items);
            },
            max: 3, TimeSpan.FromSeconds(30), o => o.Timeout = TimeSpan.FromMinutes(2))
        .AddBatchFunction<int, string>(
            "stuck",
            async (items, stop) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                return [];
            },
            max: 2, TimeSpan.FromMilliseconds(10), o => o.Timeout = TimeSpan.FromSeconds(1)));

    public async Task DisposeAsync()
    {
        gate.TrySetResult();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task So_many_jobs_are_handed_to_one_run_and_each_ends_as_its_outcome_says()
    {
        // 0 and 1 succeed; 2 fails, and is tried again in the next batch; 3 is snoozed; 4 discarded; 5 fails for good.
        var jobs = await SubmitAsync("full", Enumerable.Range(0, 10));
        string[] states = ["succeeded", "succeeded", "retrying", "scheduled", "cancelled", "failed", "succeeded"];
        for (var i = 0; i < states.Length; i++)
            await app.Http.BecomesAsync(jobs[i], states[i]);
        Assert.Equal([10], sizes);
        Assert.Equal(10, seen.Select(one => one.Job).Distinct().Count());
        Assert.Equal("\"1 is done\"", (await app.Http.FetchAsync(jobs[1] + "/result")).Text);
        Assert.Equal("InvalidOperationException", (await app.Http.FetchAsync(jobs[2] + "/timeline")).Json.GetProperty("steps").EnumerateArray()
            .Select(step => step.TryGetProperty("errorType", out var type) ? type.GetString() : null).First(type => type is not null));
        Assert.Equal(1, (await app.Http.FetchAsync(jobs[5])).Json.GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task What_came_in_the_window_is_handed_over_when_it_is_over()
    {
        var jobs = await SubmitAsync("soon", [10, 11, 12]);
        foreach (var job in jobs)
            Assert.Equal("succeeded", (await app.Http.EndAsync(job)).Json.GetProperty("state").GetString());
        Assert.Equal([3], sizes);
    }

    [Fact]
    public async Task A_call_and_a_job_are_gathered_together()
    {
        var job = (await SubmitAsync("gate", [6]))[0];
        gate.SetResult();
        Assert.Equal("\"7 is done\"", (await app.Http.CallAsync("gate", "7")).Is(200).Text);
        Assert.Equal("succeeded", (await app.Http.EndAsync(job)).Json.GetProperty("state").GetString());
        Assert.Equal([2], sizes);
        Assert.Single(seen, one => one.Job is null);
    }

    [Fact]
    public async Task What_the_run_says_of_an_input_is_said_of_its_job()
    {
        var jobs = await SubmitAsync("say", [10, 11, 12]);
        for (var i = 0; i < jobs.Count; i++)
            Assert.Equal(10 + i, (await ProgressAsync(jobs[i])).GetProperty("percent").GetDouble());
        gate.SetResult();
        for (var i = 0; i < jobs.Count; i++)
        {
            await app.Http.EndAsync(jobs[i]);
            var log = (await app.Http.FetchAsync(jobs[i] + "/log")).Is(200).Json.GetProperty("attempts")[0].GetProperty("lines");
            Assert.Equal($"line of {10 + i}", log.EnumerateArray().Single().GetProperty("text").GetString());
        }
    }

    [Fact]
    public async Task A_job_that_is_cancelled_in_the_window_makes_room_for_another()
    {
        var jobs = await SubmitAsync("say", [10, 11]);
        foreach (var job in jobs)
            await app.Http.BecomesAsync(job, "running");
        (await app.Http.AskAsync("DELETE", jobs[0])).Is(200);
        await app.Http.BecomesAsync(jobs[0], "cancelled");
        await UsesAsync("say", 1);
        jobs.AddRange(await SubmitAsync("say", [12, 13]));
        gate.SetResult();
        foreach (var job in jobs.Skip(1))
            Assert.Equal("succeeded", (await app.Http.EndAsync(job)).Json.GetProperty("state").GetString());
        Assert.Equal([3], sizes);
        Assert.DoesNotContain(seen, one => jobs[0].EndsWith(one.Job!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_is_cancelled_in_the_run_ends_alone()
    {
        var jobs = await SubmitAsync("say", [10, 11, 12]);
        foreach (var job in jobs)
            await ProgressAsync(job);
        (await app.Http.AskAsync("DELETE", jobs[0])).Is(200);
        await app.Http.BecomesAsync(jobs[0], "cancelled");
        await UsesAsync("say", 2);
        gate.SetResult();
        foreach (var job in jobs.Skip(1))
            Assert.Equal("succeeded", (await app.Http.EndAsync(job)).Json.GetProperty("state").GetString());
        Assert.Equal([3], sizes);
        Assert.Equal("cancelled", (await app.Http.FetchAsync(jobs[0])).Json.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("wrong", "must return one outcome for each of its 1 inputs")]
    [InlineData("throws", "none of you")]
    public async Task What_concerns_all_fails_all(string function, string error)
    {
        foreach (var job in await SubmitAsync(function, [1, 2], attempts: 1))
            Assert.Contains(error, (await app.Http.EndAsync(job)).Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_is_cut_off_by_its_own_timeout()
    {
        foreach (var job in await SubmitAsync("stuck", [1, 2], attempts: 1))
            Assert.Equal("timeout", (await app.Http.EndAsync(job)).Json.GetProperty("errorType").GetString());
    }

    [Fact]
    public async Task One_that_is_out_of_time_gives_its_slot_back_while_the_run_goes_on_for_the_others()
    {
        var jobs = (await app.Http.PostJobsAsync("q", """[{"function":"gate","input":6,"timeout":"1s","retry":{"attempts":1}},{"function":"gate","input":7}]""")).Is(202).Json
            .GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!).ToList();
        var ended = (await app.Http.EndAsync(jobs[0])).Json;
        Assert.Equal("timeout", ended.GetProperty("errorType").GetString());
        Assert.Contains("did not end within 1 s", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
        await UsesAsync("gate", 1);
        gate.SetResult();
        Assert.Equal("succeeded", (await app.Http.EndAsync(jobs[1])).Json.GetProperty("state").GetString());
        Assert.Equal("failed", (await app.Http.FetchAsync(jobs[0])).Json.GetProperty("state").GetString());
    }

    [Fact]
    public void Bounds_are_checked_where_it_is_added()
    {
        var builder = HearthApplication.CreateBuilder([]);
        Assert.Contains("max", Mistake(0, TimeSpan.FromSeconds(1)), StringComparison.Ordinal);
        Assert.Contains("window", Mistake(1, TimeSpan.Zero), StringComparison.Ordinal);
        Assert.Contains("concurrency", Mistake(9, TimeSpan.FromSeconds(1), o => o.Concurrency = 8), StringComparison.Ordinal);
        Assert.Contains("timeout", Mistake(9, TimeSpan.FromSeconds(1), o => o.Timeout = TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

        string Mistake(int max, TimeSpan window, Action<FunctionOptions>? configure = null) =>
            Assert.Throws<ArgumentException>(() => builder.AddBatchFunction<int, string>("f", (items, _) => AnswerAsync(items), max, window, configure)).Message;
    }

    private Task<IReadOnlyList<BatchOutcome<string>>> AnswerAsync(IReadOnlyList<BatchItem<int>> items)
    {
        sizes.Enqueue(items.Count);
        foreach (var item in items)
            seen.Enqueue((item.Context.JobId, item.Context.Attempt));
        return Task.FromResult<IReadOnlyList<BatchOutcome<string>>>([.. items.Select(Outcome)]);
    }

    private static BatchOutcome<string> Outcome(BatchItem<int> item) => item.Input switch
    {
        2 => new InvalidOperationException("no"),
        3 => JobOutcome.Snooze(TimeSpan.FromHours(1)),
        4 => JobOutcome.Discard("gone"),
        5 => JobOutcome.FailForGood("never"),
        var n => $"{n} is done",
    };

    private Task UsesAsync(string function, int slots) => JobWorld.EventuallyAsync(
        async () => (await app.Http.FetchAsync("/v1/functions/" + function)).Is(200).Json.GetProperty("inUse").GetInt32() == slots, $"{slots} slots are in use");

    private async Task<JsonElement> ProgressAsync(string job)
    {
        JsonElement progress = default;
        await JobWorld.EventuallyAsync(
            async () => (progress = (await app.Http.FetchAsync(job)).Json.GetProperty("progress")).ValueKind != JsonValueKind.Null, "its run says something");
        return progress;
    }

    private async Task<List<string>> SubmitAsync(string function, IEnumerable<int> inputs, int attempts = 5)
    {
        var body = JsonSerializer.Serialize(inputs.Select(input => new { function, input, retry = new { attempts, initial = "1h" } }));
        return [.. (await app.Http.PostJobsAsync("q", body)).Is(202).Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("job").GetString()!)];
    }
}
