using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Workers;

/// <summary>The Python worker against a silo: what it does, and what happens when either of them is killed.</summary>
public sealed class PythonWorkerTests
{
    [PythonFact]
    public async Task Functions_in_python_run_jobs()
    {
        await using var world = await WorkerWorld.OnSqliteAsync();
        world.StartWorker();
        var shout = await world.SubmitAsync("""{"function":"shout","input":{"text":"grüße"},"tags":["a"]}""");
        var flip = await world.SubmitAsync("""{"function":"flip","inputBase64":"AQID"}""");
        var fail = await world.SubmitAsync("""{"function":"fails","input":1,"retry":{"attempts":2,"initial":"10ms"}}""");
        var giveUp = await world.SubmitAsync("""{"function":"give-up","input":1}""");
        var endless = await world.SubmitAsync("""{"function":"endless","input":1,"retry":{"attempts":1}}""");

        Assert.Equal("succeeded", (await world.EndAsync(shout)).GetProperty("state").GetString());
        Assert.Equal("""{"text":"GRÜSSE","parameters":{},"tags":["a"]}""", (await world.Http.FetchAsync(shout + "/result")).Text.Replace("\\u00dc", "Ü", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        await world.EndAsync(flip);
        Assert.Equal("AwIB", Convert.ToBase64String((await world.Http.FetchAsync(flip + "/result")).Is(200).Body));
        Assert.Equal(("failed", 2, "ValueError", "no"), Failure(await world.EndAsync(fail)));
        Assert.Equal(("failed", 1, "GiveUp", "never"), Failure(await world.EndAsync(giveUp)));
        Assert.Equal("ValueError", Failure(await world.EndAsync(endless)).Type);
    }

    [PythonFact]
    public async Task A_function_in_python_can_slow_its_queue()
    {
        await using var world = await WorkerWorld.OnSqliteAsync();
        world.StartWorker();
        var job = await world.SubmitAsync("""{"function":"busy","input":1}""");
        await world.UntilAsync(async () => (await world.Http.FetchAsync(job)).Is(200).Json.GetProperty("state").GetString() == "retrying", "it is told to wait");
        var held = (await world.Http.FetchAsync("/v1/queues/work")).Is(200).Json.GetProperty("backOff").GetProperty("until").GetDateTimeOffset();
        Assert.True(held > TimeProvider.System.GetUtcNow().AddMinutes(50));
        Assert.Equal("full", (await world.Http.FetchAsync(job)).Is(200).Json.GetProperty("error").GetString());
    }

    [PythonFact]
    public Task Another_worker_gets_the_job_of_one_that_was_killed_on_SQLite() => KillWorkerAsync(WorkerWorld.OnSqliteAsync);

    [PythonAndPostgresFact]
    public Task Another_worker_gets_the_job_of_one_that_was_killed_on_PostgreSQL() => KillWorkerAsync(WorkerWorld.OnPostgresAsync);

    [PythonFact]
    public Task A_worker_ends_its_job_at_the_next_owner_when_the_silo_was_killed_on_SQLite() => KillSiloAsync(WorkerWorld.OnSqliteAsync);

    [PythonAndPostgresFact]
    public Task A_worker_ends_its_job_at_the_next_owner_when_the_silo_was_killed_on_PostgreSQL() => KillSiloAsync(WorkerWorld.OnPostgresAsync);

    [PythonFact]
    public Task A_thousand_jobs_end_once_each_while_a_worker_is_killed_again_and_again_on_SQLite() => KillOftenAsync(WorkerWorld.OnSqliteAsync);

    [PythonAndPostgresFact]
    public Task A_thousand_jobs_end_once_each_while_a_worker_is_killed_again_and_again_on_PostgreSQL() => KillOftenAsync(WorkerWorld.OnPostgresAsync);

    [PythonFact]
    public async Task A_worker_that_is_told_to_stop_returns_what_it_has_at_no_cost()
    {
        await using var world = await WorkerWorld.OnSqliteAsync();
        var worker = world.StartWorker(grace: 0.2);
        var path = await world.SubmitAsync("""{"function":"hold","input":1,"retry":{"attempts":1}}""");
        await world.NotedAsync(path, 1, "start");
        Assert.Equal(0, await worker.StopAsync());
        Assert.Equal("ready", (await world.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
        world.Go();
        world.StartWorker();
        var end = await world.EndAsync(path);
        Assert.Equal(("succeeded", 2), (end.GetProperty("state").GetString(), end.GetProperty("attempt").GetInt32()));
    }

    [PythonFact]
    public async Task A_worker_that_is_told_to_stop_lets_short_runs_end()
    {
        await using var world = await WorkerWorld.OnSqliteAsync();
        var worker = world.StartWorker(grace: 60);
        var path = await world.SubmitAsync("""{"function":"hold","input":1}""");
        await world.NotedAsync(path, 1, "start");
        var stopped = worker.StopAsync();
        world.Go();
        Assert.Equal(0, await stopped);
        Assert.Equal(1, (await world.EndAsync(path)).GetProperty("attempt").GetInt32());
    }

    [PythonFact]
    public async Task A_run_whose_job_was_cancelled_is_told_by_the_next_heartbeat()
    {
        await using var world = await WorkerWorld.OnSqliteAsync();
        world.StartWorker(lease: 2);
        var path = await world.SubmitAsync("""{"function":"hold","input":1}""");
        await world.NotedAsync(path, 1, "start");
        (await world.Http.AskAsync("DELETE", path)).Is(200);
        await world.NotedAsync(path, 1, "stopped");
        Assert.Equal("cancelled", (await world.EndAsync(path)).GetProperty("state").GetString());
    }

    private static async Task KillWorkerAsync(Func<Task<WorkerWorld>> start)
    {
        await using var world = await start();
        var worker = world.StartWorker(lease: 3);
        var path = await world.SubmitAsync("""{"function":"hold","input":1}""");
        await world.NotedAsync(path, 1, "start");
        await worker.KillAsync();
        world.StartWorker(lease: 30);
        await world.NotedAsync(path, 2, "start");
        world.Go();
        var end = await world.EndAsync(path);
        Assert.Equal(("succeeded", 2), (end.GetProperty("state").GetString(), end.GetProperty("attempt").GetInt32()));
        Assert.Contains("lease-expired", (await world.Http.FetchAsync(path + "/events")).Text, StringComparison.Ordinal);
    }

    private static async Task KillSiloAsync(Func<Task<WorkerWorld>> start)
    {
        await using var world = await start();
        world.StartWorker(lease: 60);
        var path = await world.SubmitAsync("""{"function":"hold","input":1}""");
        await world.NotedAsync(path, 1, "start");
        await world.RestartSiloAsync();
        await world.UntilAsync(async () => (await world.Http.FetchAsync(path)).Json.GetProperty("state").GetString() == "running", "it is its worker's again");
        world.Go();
        var end = await world.EndAsync(path);
        Assert.Equal(("succeeded", 1), (end.GetProperty("state").GetString(), end.GetProperty("attempt").GetInt32()));
        Assert.Equal(["start", "end"], world.Ledger.Select(line => line[2]));
    }

    private static async Task KillOftenAsync(Func<Task<WorkerWorld>> start)
    {
        const int Jobs = 1_000;
        const int Kills = 5;
        const int Concurrency = 4;
        await using var world = await start();
        var job = """{"function":"count","input":1}""";
        var paths = (await world.Http.PostJobsAsync("work", "[" + string.Join(',', Enumerable.Repeat(job, Jobs)) + "]")).Is(202)
            .Json.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("job").GetString()!).ToList();
        for (var i = 0; i < 3; i++)
            world.StartWorker(lease: 10, concurrency: Concurrency);
        for (var kill = 1; kill <= Kills; kill++)
        {
            var victim = world.StartWorker(lease: 10, concurrency: Concurrency);
            await world.UntilAsync(() => Task.FromResult(world.Ledger.Count >= Jobs * kill / (Kills + 1)), $"enough ran for kill {kill}");
            await victim.KillAsync();
        }

        foreach (var path in paths)
            Assert.Equal("succeeded", (await world.EndAsync(path)).GetProperty("state").GetString());
        var queue = (await world.Http.FetchAsync("/v1/queues/work")).Json;
        Assert.Equal(0, queue.GetProperty("open").GetInt32());
        Assert.Equal(Jobs, (await world.Http.FetchAsync("/v1/jobs?queue=work&state=succeeded&limit=1000")).Json.GetProperty("jobs").GetArrayLength());
        var runs = world.Ledger.GroupBy(line => line[0]).ToDictionary(g => "/v1/jobs/" + g.Key, g => g.Count());
        Assert.Equal(paths.Order(), runs.Keys.Order());
        // Only what a killed worker had in hand ran again.
        Assert.InRange(runs.Values.Sum(), Jobs, Jobs + (Kills * Concurrency));
    }

    private static (string State, int Attempt, string Type, string Error) Failure(JsonElement job) => (
        job.GetProperty("state").GetString()!, job.GetProperty("attempt").GetInt32(), job.GetProperty("errorType").GetString()!, job.GetProperty("error").GetString()!);
}
