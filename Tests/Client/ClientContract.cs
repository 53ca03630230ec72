using System.Text.Json;
using Hearth.Client;

namespace Hearth.Tests.Client;

/// <summary>What <see cref="IHearthClient"/> promises, whichever way it goes.</summary>
public abstract class ClientContract(ClientSilo silo)
{
    protected abstract IHearthClient Client { get; }

    protected ClientSilo Silo { get; } = silo;

    [Fact]
    public async Task A_call_answers_the_output()
    {
        Assert.Equal(168, (await Client.CallAsync<PrimesOutput>("primes", new { UpTo = 1000 }))!.Count);
        Assert.Equal(6, (await Client.CallAsync<JsonElement>("wordcount", Payload.OfText("to be or not to be"))).GetProperty("words").GetInt32());
        Assert.Equal("hello", await Client.CallAsync<string>("shout", "HELLO"));
        Assert.True((await Client.CallAsync("nothing", Payload.None)).IsNone);
    }

    [Fact]
    public async Task Bytes_go_in_and_come_out_as_they_are()
    {
        byte[] bytes = [0, 1, 2, 255];
        var packed = await Client.CallAsync("compress", Payload.OfBytes(bytes), new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "gzip" });
        Assert.Equal("application/gzip", packed.MediaType);
        Assert.Equal(bytes, await Client.CallAsync<byte[]>("decompress", packed));
    }

    [Fact]
    public async Task A_call_that_is_refused_or_fails_says_why()
    {
        var unknown = await FailsAsync(() => Client.CallAsync("prime", Payload.None));
        Assert.True(unknown.Is("unknown-function"), unknown.Problem.Type);
        Assert.Equal((404, "primes"), (unknown.Problem.Status, Assert.Single(unknown.Problem.Choices!)));
        var invalid = await FailsAsync(() => Client.CallAsync<int>("primes", new { UpToo = 3 }));
        Assert.True(invalid.Is("invalid-input"), invalid.Problem.Type);
        Assert.Equal((422, "$.upToo"), (invalid.Problem.Status, invalid.Problem.Field));
        var failed = await FailsAsync(() => Client.CallAsync<int>("fail", new { Message = "no such luck" }));
        Assert.True(failed.Is("function-failed"), failed.Problem.Type);
        Assert.Equal("no such luck", failed.Message);
    }

    [Fact]
    public async Task A_parameter_that_is_not_declared_is_refused()
    {
        var refused = await FailsAsync(() => Client.CallAsync("compress", Payload.OfBytes(new byte[1]), new Dictionary<string, string>(StringComparer.Ordinal) { ["level"] = "9" }));
        Assert.True(refused.Is("invalid-input"), refused.Problem.Type);
        Assert.Equal("level", refused.Problem.Field);
    }

    [Fact]
    public async Task A_submitted_job_runs_and_gives_its_result()
    {
        var submitted = await Client.SubmitAsync("work", new NewJob("primes", new { UpTo = 100 }) { Tags = ["a", "b"], Priority = 2, Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal(SubmissionOutcome.Accepted, submitted.Outcome);
        var job = await Client.WaitAsync(submitted.Id);
        Assert.Equal(("work", "primes", JobState.Succeeded, 2, 1), (job.Queue, job.Function, job.State, job.Priority, job.Attempt));
        Assert.Equal(["a", "b"], job.Tags);
        Assert.Equal("application/json", job.ResultContentType);
        Assert.Equal(25, (await Client.ResultAsync<PrimesOutput>(submitted.Id))!.Count);
        Assert.Equal(job, await Client.GetAsync(submitted.Id) with { Tags = job.Tags });
    }

    [Fact]
    public async Task Text_and_bytes_are_inputs_of_jobs_too()
    {
        var text = await Client.SubmitAsync("work", new NewJob("wordcount", Payload.OfText("grüß dich\n")));
        Assert.Equal(2, (await Client.ResultAsync<JsonElement>(text.Id)).GetProperty("words").GetInt32());
        var bytes = await Client.SubmitAsync("work", new NewJob("compress", Payload.OfBytes(new byte[100])) { Parameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "gzip" } });
        Assert.Equal(0x1f, (await Client.ResultAsync<byte[]>(bytes.Id))![0]);
        var nothing = await Client.SubmitAsync("work", new NewJob("nothing"));
        Assert.True((await Client.ResultAsync(nothing.Id)).IsNone);
    }

    [Fact]
    public async Task A_job_that_cannot_be_is_refused_with_its_field()
    {
        var one = await FailsAsync(() => Client.SubmitAsync("work", new NewJob("primes", new { UpTo = "x" })));
        Assert.True(one.Is("invalid-input"), one.Problem.Type);
        Assert.Equal("input.upTo", one.Problem.Field);
        var many = await FailsAsync(() => Client.SubmitManyAsync("work", [new NewJob("echo", 1), new NewJob("echo", 2) { Retry = new JobRetry(Factor: 11) }]));
        Assert.Equal((422, "[1].retry.factor"), (many.Problem.Status, many.Problem.Field));
        var queue = await FailsAsync(() => Client.SubmitAsync("No Queue", new NewJob("echo", 1)));
        Assert.Equal((422, "queue"), (queue.Problem.Status, queue.Problem.Field));
        var near = await FailsAsync(() => Client.SubmitAsync("work", new NewJob("ekko")));
        Assert.Equal((422, "function"), (near.Problem.Status, near.Problem.Field));
        Assert.Equal(["echo"], near.Problem.Choices);
    }

    [Fact]
    public async Task The_same_key_gives_the_same_jobs()
    {
        var first = await Client.SubmitAsync("work", new NewJob("echo", 1), key: "order 1");
        Assert.Equal(first with { Outcome = SubmissionOutcome.Repeat }, await Client.SubmitAsync("work", new NewJob("echo", 1), key: "order 1"));
        var reused = await FailsAsync(() => Client.SubmitAsync("work", new NewJob("echo", 2), key: "order 1"));
        Assert.True(reused.Is("key-reused"), reused.Problem.Type);
        var invalid = await FailsAsync(() => Client.SubmitAsync("work", new NewJob("echo", 2), key: new string('k', 256)));
        Assert.True(invalid.Is("invalid-key"), invalid.Problem.Type);
        NewJob[] two = [new NewJob("echo", 1), new NewJob("echo", 2)];
        var jobs = await Client.SubmitManyAsync("work", two, key: "order 2");
        Assert.Equal(jobs.Select(j => j.Id), (await Client.SubmitManyAsync("work", two, key: "order 2")).Select(j => j.Id));
    }

    [Fact]
    public async Task A_unique_job_is_told_apart()
    {
        var unique = new NewJob("echo", 1) { Unique = new JobUnique("only", TimeSpan.FromHours(1), [JobState.Scheduled]), Delay = TimeSpan.FromHours(1) };
        var first = await Client.SubmitAsync("work", unique);
        Assert.Equal(first with { Outcome = SubmissionOutcome.Duplicate }, await Client.SubmitAsync("work", unique));
        var both = await Client.SubmitManyAsync("work", [unique, new NewJob("echo", 2)]);
        Assert.Equal([SubmissionOutcome.Duplicate, SubmissionOutcome.Accepted], both.Select(j => j.Outcome));
    }

    [Fact]
    public async Task Waiting_ends_when_the_time_is_up()
    {
        var held = await Silo.HoldAsync(Client);
        Assert.False((await Client.WaitAsync(held, TimeSpan.FromMilliseconds(50))).HasEnded);
        Assert.Equal(JobState.Running, (await Client.GetAsync(held)).State);
        Silo.Release(held);
        Assert.Equal(JobState.Succeeded, (await Client.WaitAsync(held, TimeSpan.FromSeconds(60))).State);
    }

    [Fact]
    public async Task A_job_can_be_cancelled_and_re_driven()
    {
        var later = await Client.SubmitAsync("work", new NewJob("echo", 7) { Delay = TimeSpan.FromHours(1) });
        Assert.Equal(JobState.Scheduled, (await Client.GetAsync(later.Id)).State);
        Assert.True((await FailsAsync(() => Client.RedriveAsync(later.Id))).Is("job-open"));
        var cancelled = await Client.CancelAsync(later.Id);
        Assert.Equal((JobState.Cancelled, "cancelled"), (cancelled.State, cancelled.ErrorType));
        Assert.True((await FailsAsync(() => Client.CancelAsync(later.Id))).Is("job-ended"));
        Assert.True((await FailsAsync(() => Client.ResultAsync(later.Id))).Is("job-cancelled"));
        var again = await Client.RedriveAsync(later.Id, key: "again");
        Assert.Equal(later.Id, again.RedriveOf);
        Assert.Equal(again.Id, (await Client.RedriveAsync(later.Id, key: "again")).Id);
        Assert.Equal(7, await Client.ResultAsync<int>(again.Id));
        Assert.True((await FailsAsync(() => Client.RedriveAsync(again.Id))).Is("job-succeeded"));
    }

    [Fact]
    public async Task A_failed_job_says_why()
    {
        var submitted = await Client.SubmitAsync("work", new NewJob("fail", new { Message = "no" }));
        var job = await Client.WaitAsync(submitted.Id);
        Assert.Equal((JobState.Failed, "no", "FunctionException"), (job.State, job.Error, job.ErrorType));
        var failed = await FailsAsync(() => Client.ResultAsync(submitted.Id));
        Assert.True(failed.Is("job-failed"), failed.Problem.Type);
        Assert.Equal("no", failed.Message);
    }

    [Fact]
    public async Task All_jobs_that_match_are_counted_cancelled_re_driven_and_deleted()
    {
        var tag = $"bulk-{Guid.NewGuid():N}";
        var filter = new JobQuery { Queue = "bulk", Tag = tag };
        var jobs = await Client.SubmitManyAsync("bulk", [.. Enumerable.Range(0, 3).Select(i => new NewJob("echo", i) { Delay = TimeSpan.FromHours(1), Tags = [tag] })]);
        Assert.Equal(new JobCount(3, AtLeast: false), await Client.CountAsync(JobAction.Cancel, filter));
        var action = await Client.ActAsync(JobAction.Cancel, filter, key: tag);
        Assert.Equal(action.Id, (await Client.ActAsync(JobAction.Cancel, filter, key: tag)).Id);
        var report = (await Client.ResultAsync<JobActionReport>(action.Id))!;
        Assert.Equal((JobAction.Cancel, 3L, 3L, 0L, 0L), (report.Action, report.Matched, report.Done, report.Skipped, report.Failed));
        Assert.Equal(JobState.Cancelled, (await Client.GetAsync(jobs[0].Id)).State);
        var again = await Client.ActAsync(JobAction.Redrive, filter with { State = JobState.Cancelled, From = (await Client.GetAsync(jobs[0].Id)).AcceptedAt });
        Assert.Equal(3, (await Client.ResultAsync<JobActionReport>(again.Id))!.Done);
        await foreach (var job in Client.QueryAsync(filter))
            await Client.WaitAsync(job.Id);
        Assert.Equal(6, (await Client.ResultAsync<JobActionReport>((await Client.ActAsync(JobAction.Delete, filter)).Id))!.Done);
        Assert.Empty(await Client.QueryAsync(filter).ToListAsync());
        Assert.Equal("filter", (await FailsAsync(() => Client.ActAsync(JobAction.Delete, new JobQuery()))).Problem.Field);
        Assert.Equal("filter.state", (await FailsAsync(() => Client.CountAsync(JobAction.Cancel, new JobQuery { State = JobState.Failed }))).Problem.Field);
        Assert.True((await Client.CountAsync(JobAction.Cancel, new JobQuery(), all: true)).Count >= 0);
    }

    [Fact]
    public async Task Errors_of_a_queue_and_the_timeline_of_a_job_are_told()
    {
        var queue = $"wrong-{Guid.NewGuid():N}";
        var jobs = await Client.SubmitManyAsync(queue, [.. Enumerable.Range(0, 3).Select(i => new NewJob("fail", new { Message = i < 2 ? $"no {i}" : "never" }))]);
        foreach (var job in jobs)
            await Client.WaitAsync(job.Id);
        var errors = await Client.GetErrorsAsync(queue);
        Assert.False(errors.Cut);
        Assert.Equal([("fail", "FunctionException", "no #", 2), ("fail", "FunctionException", "never", 1)], errors.Errors.Select(e => (e.Function, e.ErrorType, e.Message, e.Failed)));
        Assert.Equal("never", Assert.Single((await Client.GetErrorsAsync(queue, new JobQuery { Error = "never" })).Errors).Message);
        Assert.True((await FailsAsync(() => Client.GetErrorsAsync("nobody"))).Is("unknown-queue"));
        var timeline = await Client.GetTimelineAsync(jobs[2].Id);
        Assert.Equal((JobStepKind.Attempt, JobStepEnd.Failed, "never"), (timeline.Steps[^1].Kind, timeline.Steps[^1].End, timeline.Steps[^1].Error));
        Assert.True((await FailsAsync(() => Client.GetTimelineAsync("nonsense"))).Is("unknown-job"));
    }

    [Fact]
    public async Task A_queue_is_followed_from_now_on_and_behind_an_event()
    {
        var queue = $"followed-{Guid.NewGuid():N}";
        await Client.WaitAsync((await Client.SubmitAsync(queue, new NewJob("echo", 0))).Id);
        using var timeUp = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var told = new List<JobEvent>();
        string? job = null;
        await foreach (var one in Client.QueueEventsAsync(queue, cancellationToken: timeUp.Token))
        {
            told.Add(one);
            if (one.Name == "following")
                job = (await Client.SubmitAsync(queue, new NewJob("echo", 1), cancellationToken: timeUp.Token)).Id;
            if (one.Name == "end")
                break;
        }

        Assert.Equal(["following", "accepted", "end"], told.Select(e => e.Name));
        Assert.Equal((job, job, "succeeded"), (told[1].Data.GetProperty("id").GetString(), told[2].Data.GetProperty("id").GetString(), told[2].Data.GetProperty("state").GetString()));
        var again = await Client.QueueEventsAsync(queue, told[1].Id, timeUp.Token).Where(e => e.Name != "following").FirstAsync(timeUp.Token);
        Assert.Equal(("end", told[2].Id), (again.Name, again.Id));
        Assert.True((await FailsAsync(async () => await Client.QueueEventsAsync("nobody").FirstAsync())).Is("unknown-queue"));
        Assert.Equal("after", (await FailsAsync(async () => await Client.QueueEventsAsync(queue, "1.0").FirstAsync())).Problem.Field);
    }

    [Fact]
    public async Task An_ended_job_is_deleted()
    {
        var job = await Client.SubmitAsync("work", new NewJob("echo", 7) { Delay = TimeSpan.FromHours(1) });
        Assert.True((await FailsAsync(() => Client.DeleteAsync(job.Id))).Is("job-open"));
        await Client.CancelAsync(job.Id);
        await Client.DeleteAsync(job.Id);
        Assert.True((await FailsAsync(() => Client.GetAsync(job.Id))).Is("unknown-job"));
        Assert.True((await FailsAsync(() => Client.DeleteAsync(job.Id))).Is("unknown-job"));
    }

    [Theory]
    [InlineData("01a1fe06a6ab7bef9bf7c765b76ecb7d")]
    [InlineData("nonsense")]
    [InlineData("a/b?c")]
    public async Task A_job_that_is_not_there_is_told(string id)
    {
        Assert.True((await FailsAsync(() => Client.GetAsync(id))).Is("unknown-job"));
        Assert.True((await FailsAsync(() => Client.WaitAsync(id))).Is("unknown-job"));
        Assert.True((await FailsAsync(() => Client.ResultAsync(id))).Is("unknown-job"));
        Assert.True((await FailsAsync(() => Client.CancelAsync(id))).Is("unknown-job"));
        Assert.True((await FailsAsync(() => Client.RedriveAsync(id))).Is("unknown-job"));
        Assert.True((await FailsAsync(async () => await Client.EventsAsync(id).ToListAsync())).Is("unknown-job"));
    }

    [Fact]
    public async Task Jobs_are_found_newest_first_across_pages()
    {
        var jobs = await Client.SubmitManyAsync("found", [.. Enumerable.Range(0, 7).Select(i => new NewJob(i == 3 ? "shout" : "echo", "x") { Tags = [$"t{i % 2}"] })]);
        foreach (var job in jobs)
            await Client.WaitAsync(job.Id);
        var all = new JobQuery { Queue = "found", PageSize = 2 };
        Assert.Equal(jobs.Select(j => j.Id).Reverse(), (await Client.QueryAsync(all).ToListAsync()).Select(j => j.Id));
        Assert.Equal(jobs[3].Id, Assert.Single(await Client.QueryAsync(all with { Function = "shout" }).ToListAsync()).Id);
        Assert.Equal(4, await Client.QueryAsync(all with { Tag = "t0", State = JobState.Succeeded }).CountAsync());
        Assert.Empty(await Client.QueryAsync(all with { State = JobState.Scheduled }).ToListAsync());
        var third = (await Client.GetAsync(jobs[3].Id)).AcceptedAt;
        Assert.Empty(await Client.QueryAsync(all with { To = third }).Where(j => j.AcceptedAt >= third).ToListAsync());
        Assert.True((await FailsAsync(async () => await Client.QueryAsync(all with { Queue = "No Queue" }).ToListAsync())).Is("invalid-input"));
    }

    [Fact]
    public async Task Events_tell_a_job_from_its_beginning_to_its_end()
    {
        var job = await Client.SubmitAsync("work", new NewJob("fail", new { Message = "no" }) { Retry = new JobRetry(Attempts: 2, Initial: TimeSpan.FromMilliseconds(20)) });
        var events = await Client.EventsAsync(job.Id).Where(e => e.Id is not null).ToListAsync();
        Assert.Equal(["accepted", "attempt-failed", "end"], events.Select(e => e.Name));
        Assert.Equal("no", events[1].Data.GetProperty("error").GetString());
        Assert.Equal("failed", events[2].Data.GetProperty("state").GetString());
        Assert.Equal(["end"], await Client.EventsAsync(job.Id, after: events[1].Id).Select(e => e.Name).ToListAsync());
        Assert.Empty(await Client.EventsAsync(job.Id, after: events[2].Id).ToListAsync());
    }

    [Fact]
    public async Task Operations_of_an_object_and_its_state()
    {
        const string Key = "client/1 ü";
        Assert.Null(await Client.GetStateAsync("counter", Key));
        Assert.False(await Client.DeleteStateAsync("counter", Key));
        Assert.Equal(3, await Client.OperateAsync<int>("counter", Key, "add", new { By = 3 }));
        Assert.Equal(3, await Client.OperateAsync<int>("counter", Key, "value"));
        Assert.Equal("""{"value":3}""", (await Client.GetStateAsync("counter", Key))!.ToString());
        Assert.Equal(Key, Assert.Single(await Client.ListStatesAsync("counter", "client/").ToListAsync()).Key);
        Assert.True(await Client.DeleteStateAsync("counter", Key));
        Assert.Null(await Client.GetStateAsync("counter", Key));
        Assert.True((await FailsAsync(() => Client.OperateAsync<int>("counter", Key, "subtract"))).Is("unknown-operation"));
        Assert.True((await FailsAsync(() => Client.GetStateAsync("count", Key))).Is("unknown-object"));
    }

    [Fact]
    public async Task What_is_served_is_listed()
    {
        var primes = Assert.Single(await Client.ListFunctionsAsync(), f => f.Name == "primes");
        Assert.Equal(("json", "json"), (primes.Input.Kind, primes.Output.Kind));
        Assert.NotNull(primes.Input.Schema);
        Assert.Equal(primes.Description, (await Client.GetFunctionAsync("primes")).Description);
        Assert.Equal(["primes"], (await FailsAsync(() => Client.GetFunctionAsync("prime"))).Problem.Choices);
        await Client.SubmitAsync("listed", new NewJob("echo", 1) { Delay = TimeSpan.FromHours(1) });
        Assert.Equal((1, 1, 0), Assert.Single((await Client.ListQueuesAsync()).Where(q => q.Name == "listed").Select(q => (q.Open, q.Scheduled, q.Ready))));
        var self = Assert.Single(await Client.ListSilosAsync());
        Assert.Equal((true, "active"), (self.IsSelf, self.Status));
        Assert.Contains("worker", self.Roles);
        Assert.Equal("ready", (await Client.GetHealthAsync()).Status);
    }

    [Fact]
    public async Task A_queue_is_defined_changed_paused_and_reset()
    {
        Assert.True((await FailsAsync(() => Client.GetQueueAsync("defined"))).Is("unknown-queue"));
        var put = await Client.PutQueueAsync("defined", new { Timeout = "30s", Retry = new { Attempts = 3 } });
        Assert.Equal(("defined", false, "30s"), (put.Name, put.Paused, put.Definition!.Value.GetProperty("timeout").GetString()));
        var patched = await Client.PatchQueueAsync("defined", new { Priority = 2, Retry = (object?)null }, put.ETag);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, patched.Definition!.Value.GetProperty("retry").ValueKind);
        Assert.True((await FailsAsync(() => Client.PutQueueAsync("defined", new { }, put.ETag))).Is("precondition-failed"));
        Assert.True((await FailsAsync(() => Client.PutQueueAsync("Defined", new { }))).Is("invalid-input"));
        var refused = await FailsAsync(() => Client.PatchQueueAsync("defined", new { Timout = "1s" }));
        Assert.Equal(("timout", "timeout"), (refused.Problem.Field, Assert.Single(refused.Problem.Choices!)));
        Assert.Equal(patched.ETag, (await Client.GetQueueAsync("defined")).ETag);

        Assert.True((await Client.PauseQueueAsync("defined")).Paused);
        var job = await Client.SubmitAsync("defined", new NewJob("echo", 1));
        Assert.Equal(1, (await Client.GetQueueAsync("defined")).Ready);
        Assert.False((await Client.ResumeQueueAsync("defined")).Paused);
        var ended = await Client.WaitAsync(job.Id, TimeSpan.FromSeconds(60));
        Assert.Equal((JobState.Succeeded, null), (ended.State, ended.Error));
        Assert.Equal(("closed", 0), ((await Client.PatchQueueAsync("defined", new { Breaker = new { Failures = 3 } })).Breaker!.State, (await Client.EndBackOffAsync("defined")).Breaker!.OpenShards));
        Assert.True((await FailsAsync(() => Client.EndBackOffAsync("none"))).Is("unknown-queue"));
        await Client.DeleteQueueAsync("defined");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await Client.GetQueueAsync("defined")).Definition!.Value.GetProperty("timeout").ValueKind);
    }

    private static async Task<HearthException> FailsAsync(Func<Task> act) => await Assert.ThrowsAsync<HearthException>(act);

    private sealed record PrimesOutput(long Count);
}
