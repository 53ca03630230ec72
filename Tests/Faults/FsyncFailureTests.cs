using System.Net;
using System.Net.Http.Json;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>A disk whose fsync fails: nothing is acknowledged that may not be there, and afterwards all goes on.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class FsyncFailureTests(ITestOutputHelper output)
{
    [FaultFact(Need.Compiler)]
    public async Task Sqlite_goes_on_after_a_while_without_fsync()
    {
        using var folder = new TempFolder();
        using var error = FsyncError.Build(onlyPath: "/hearth.db");
        await using var silo = await FaultedSilo.StartAsync(new TestedSqlite(folder["data"]), error.Environment);
        await FailAsync(silo, error, seconds: 2, () => Task.CompletedTask);
    }

    [FaultFact(Need.Compiler)]
    public async Task Sqlite_goes_on_after_a_long_while_without_fsync()
    {
        using var folder = new TempFolder();
        using var error = FsyncError.Build(onlyPath: "/hearth.db");
        await using var silo = await FaultedSilo.StartAsync(new TestedSqlite(folder["data"]), error.Environment);
        await FailAsync(silo, error, seconds: 12, () => Task.CompletedTask);
        Assert.Contains("503 outcome-unknown later", silo.Answers.Keys);
    }

    [FaultFact(Need.Compiler)]
    public async Task Sqlite_is_killed_while_fsync_fails()
    {
        using var folder = new TempFolder();
        using var error = FsyncError.Build(onlyPath: "/hearth.db");
        await using var silo = await FaultedSilo.StartAsync(new TestedSqlite(folder["data"]), error.Environment);
        await FailAsync(silo, error, seconds: 3, silo.RestartAsync);
    }

    [FaultFact(Need.Compiler)]
    public async Task A_scheduled_job_starts_though_its_shard_was_given_up_and_nobody_asks()
    {
        using var folder = new TempFolder();
        using var error = FsyncError.Build(onlyPath: "/hearth.db");
        await using var silo = await FaultedSilo.StartAsync(new TestedSqlite(folder["data"]), error.Environment);
        using var job = JsonContent.Create(new { function = "effect", delay = "10s", input = silo.InputOf("scheduled") });
        using (var answer = await silo.SendAsync(HttpMethod.Post, "/v1/queues/default/jobs", job))
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        error.Start();
        await Assert.ThrowsAsync<HttpRequestException>(() => silo.SubmitAsync("unknown 0", CancellationToken.None));
        error.Stop();
        await silo.Process.PrintsAsync("is given up");
        await silo.AllEndAsync(TimeSpan.FromSeconds(30));
        await silo.HoldsAsync(output);
    }

    [FaultFact(Need.Postgres | Need.Compiler)]
    public async Task Postgres_panics_and_the_silo_goes_on()
    {
        using var folder = new TempFolder();
        Command.Must("chmod", "o+x", folder.Path);
        using var error = FsyncError.Build(onlyPath: "/pg_wal/");
        var server = await FaultedPostgres.CreateAsync(folder["pg"], error.Environment);
        await using var silo = await FaultedSilo.StartAsync(new TestedPostgres(server, folder["data"]));
        await FailAsync(silo, error, seconds: 4, async () =>
        {
            Assert.Contains("PANIC", server.Log, StringComparison.Ordinal);
            await server.KillAsync();
            await server.StartAsync();
        });
    }

    private async Task FailAsync(FaultedSilo silo, FsyncError error, int seconds, Func<Task> mend)
    {
        await using (silo.Read())
        {
            await using (silo.Submit())
            {
                await silo.MoreAsync(500, TimeSpan.FromSeconds(30));
                error.Start();
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                var before = silo.History.Acknowledged;
                await Task.Delay(TimeSpan.FromSeconds(seconds - 1), TimeProvider.System);
                Assert.Equal(before, silo.History.Acknowledged);
                Assert.NotEmpty(error.Failures);
                error.Stop();
                await mend();
                output.WriteLine($"accepts again after {(await silo.MoreAsync(1, TimeSpan.FromSeconds(30))).TotalSeconds:0.0} s");
                await silo.MoreAsync(500, TimeSpan.FromSeconds(30));
            }

            await silo.AllEndAsync(TimeSpan.FromSeconds(60));
            await silo.RestartAsync();
            await silo.AllEndAsync(TimeSpan.FromSeconds(60));
        }

        await silo.HoldsAsync(output);
    }
}
