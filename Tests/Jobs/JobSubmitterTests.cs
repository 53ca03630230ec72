using System.Text;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Jobs;

/// <summary>Submitting from the code of an application that hosts Hearth.</summary>
public sealed class JobSubmitterTests
{
    [Fact]
    public async Task A_function_submits_jobs_through_what_it_has_injected()
    {
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.AddFunction("double", (Number n) => new Number(n.Value * 2));
            b.AddFunction("order", async (Number n, IJobSubmitter jobs) =>
                (await jobs.SubmitAsync("orders", JobSpec.Of("double", n, new JobOptions { Tags = ["order"] }), key: $"order {n.Value}")).Id.ToString());
        });
        var id = (await app.Http.CallAsync("order", """{"value":21}""")).Is(200).Json.GetString();
        Assert.Equal(id, (await app.Http.CallAsync("order", """{"value":21}""")).Is(200).Json.GetString());
        await app.Http.EndAsync("/v1/jobs/" + id);
        Assert.Equal("""{"value":42}""", (await app.Http.FetchAsync($"/v1/jobs/{id}/result")).Text);
        Assert.Equal("order", (await app.Http.FetchAsync("/v1/jobs/" + id)).Json.GetProperty("tags")[0].GetString());
    }

    [Fact]
    public async Task Many_are_accepted_whole_with_ids_that_follow_each_other()
    {
        await using var app = await StartAsync();
        var jobs = Submitter(app);
        var submitted = await jobs.SubmitManyAsync("many", [.. Enumerable.Range(0, 100).Select(i => JobSpec.OfText("wordcount", $"{i}"))]);
        Assert.Equal((SubmitOutcome.Accepted, 100), (submitted.Outcome, submitted.Count));
        Assert.Equal("succeeded", (await app.Http.EndAsync("/v1/jobs/" + submitted.First.Plus(99))).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Outcomes_are_values()
    {
        await using var app = await StartAsync(depthMax: 1);
        var jobs = Submitter(app);
        var later = JobSpec.OfText("wordcount", "a", new JobOptions { Delay = TimeSpan.FromHours(1) });
        var first = await jobs.SubmitAsync("q", later, "key");
        Assert.Equal(SubmitOutcome.Accepted, first.Outcome);
        Assert.Equal(SubmitOutcome.QueueFull, (await jobs.SubmitAsync("q", later)).Outcome);
        var unique = JobSpec.OfText("wordcount", "a", new JobOptions { Delay = TimeSpan.FromHours(1), Unique = new UniqueSpec() });
        var taken = await jobs.SubmitAsync("u", unique);
        Assert.Equal(SubmitOutcome.Accepted, taken.Outcome);
    }

    [Fact]
    public async Task A_repeat_and_another_body_are_told_apart()
    {
        await using var app = await StartAsync();
        var jobs = Submitter(app);
        var first = await jobs.SubmitAsync("q", JobSpec.OfText("wordcount", "a"), "key");
        Assert.Equal(new JobSubmitted(SubmitOutcome.Repeat, first.Id), await jobs.SubmitAsync("q", JobSpec.OfText("wordcount", "a"), "key"));
        Assert.Equal(SubmitOutcome.OtherBody, (await jobs.SubmitAsync("q", JobSpec.OfText("wordcount", "b"), "key")).Outcome);
        // The same job by HTTP has the same key.
        Assert.Equal("repeat", (await app.Http.PostJobsAsync("q", """{"function":"wordcount","inputText":"a"}""", headers: ("Idempotency-Key", "key"))).Is(202).Json.GetProperty("outcome").GetString());
    }

    public static TheoryData<string, JobSpec> Refused => new()
    {
        { "function", JobSpec.OfText("nope", "a") },
        { "function", JobSpec.OfText("Not A Name", "a") },
        { "contentType", JobSpec.OfBytes("wordcount", "a"u8.ToArray(), "image/png") },
        { "input", JobSpec.Of("primes", 1) },
        { "input.upTo", JobSpec.Of("primes", new { upTo = "x" }) },
        { "priority", JobSpec.OfText("wordcount", "a", new JobOptions { Priority = 9 }) },
        { "delay", JobSpec.OfText("wordcount", "a", new JobOptions { Delay = TimeSpan.FromSeconds(-1) }) },
        { "dueAt", JobSpec.OfText("wordcount", "a", new JobOptions { Delay = TimeSpan.Zero, DueAt = DateTimeOffset.UnixEpoch }) },
        { "retry.factor", JobSpec.OfText("wordcount", "a", new JobOptions { Retry = new RetryPolicy(Factor: double.NaN) }) },
        { "tags[0]", JobSpec.OfText("wordcount", "a", new JobOptions { Tags = [null!] }) },
        { "unique.while", JobSpec.OfText("wordcount", "a", new JobOptions { Unique = new UniqueSpec(While: [(JobState)99]) }) },
        { "input", JobSpec.OfBytes("compress", new byte[JobSpec.InputBytesMax + 1]) },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task What_http_refuses_is_refused_here_too(string field, JobSpec job)
    {
        await using var app = await StartAsync();
        Assert.Equal(field, (await Assert.ThrowsAsync<JobRefusedException>(() => Submitter(app).SubmitAsync("q", job))).Mistake.Field);
        var second = await Assert.ThrowsAsync<JobRefusedException>(() => Submitter(app).SubmitManyAsync("q", [JobSpec.OfText("wordcount", "a"), job]));
        Assert.Equal("[1]." + field, second.Mistake.Field);
    }

    [Fact]
    public async Task What_is_no_queue_key_or_number_is_an_argument_exception()
    {
        await using var app = await StartAsync();
        var (jobs, job) = (Submitter(app), JobSpec.OfText("wordcount", "a"));
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitAsync("No Queue", job));
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitAsync("q", job, "é"));
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitAsync("q", job, ""));
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitManyAsync("q", []));
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitManyAsync("q", [.. Enumerable.Repeat(job, JobLimits.RequestJobsMax + 1)]));
        var unique = JobSpec.OfText("wordcount", "a", new JobOptions { Unique = new UniqueSpec() });
        await Assert.ThrowsAsync<ArgumentException>(() => jobs.SubmitManyAsync("q", [job, unique], "key"));
    }

    [Fact]
    public async Task A_store_that_is_away_is_an_exception()
    {
        var store = new InMemoryJobStore(TimeProvider.System);
        await using var app = await StartAsync(store);
        // None that runs: its end would be the next write.
        var later = JobSpec.OfText("wordcount", "a", new JobOptions { Delay = TimeSpan.FromHours(1) });
        await Submitter(app).SubmitAsync("q", later);
        store.IsDown = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Submitter(app).SubmitAsync("q", later));
        store.IsDown = false;
        store.LoseNextOutcome(isStored: true);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => Submitter(app).SubmitAsync("q", later));
    }

    [Fact]
    public void Inputs_are_written_as_functions_read_them()
    {
        Assert.Equal("""{"someValue":1,"day":"monday"}""", Encoding.UTF8.GetString(JobSpec.Of("f", new { SomeValue = 1, Day = DayOfWeek.Monday }).Input.Span));
        Assert.Equal("text/plain", JobSpec.OfText("f", "é").ContentType);
    }

    private static IJobSubmitter Submitter(StartedApplication app) => app.Web.Services.GetRequiredService<IJobSubmitter>();

    private static Task<StartedApplication> StartAsync(InMemoryJobStore? store = null, int depthMax = JobLimits.QueueDepthMax) => StartedApplication.StartAsync(b =>
    {
        b.AddBuiltInFunctions();
        b.Services.AddSingleton<IJobStore>(store ?? new InMemoryJobStore(TimeProvider.System));
        b.Services.AddSingleton(new JobsOptions("test") { DepthMax = depthMax });
    });

    private sealed record Number(int Value);
}
