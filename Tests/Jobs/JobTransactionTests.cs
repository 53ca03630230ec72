using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hearth.Tests.Jobs;

/// <summary>Submitting inside a transaction of the application's own.</summary>
public sealed class JobTransactionTests
{
    [PostgresFact]
    public async Task A_job_runs_if_and_only_if_the_transaction_commits()
    {
        var database = PostgresServer.Shared.ConnectionString(PostgresServer.Shared.NewDatabase());
        await using var app = await StartedApplication.StartAsync(b => b.AddBuiltInFunctions(), "--database", database, "--allow-unsafe-database");
        var jobs = app.Web.Services.GetRequiredService<IJobSubmitter>();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        JobId kept, dropped;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            dropped = await jobs.SubmitAsync("mail", JobSpec.OfText("wordcount", "a"), transaction);
            await transaction.RollbackAsync();
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            kept = await jobs.SubmitAsync("mail", JobSpec.OfText("wordcount", "a"), transaction);
            (await app.Http.FetchAsync("/v1/jobs/" + kept)).IsProblem(404, "unknown-job");
            await Assert.ThrowsAsync<JobRefusedException>(() => jobs.SubmitAsync("mail", JobSpec.OfText("nope", "a"), transaction));
            await Assert.ThrowsAsync<JobRefusedException>(() => jobs.SubmitAsync("mail", JobSpec.OfText("wordcount", "a", new JobOptions { Unique = new() }), transaction));
            await transaction.CommitAsync();
        }

        for (var i = 0; i < 500 && (await app.Http.FetchAsync("/v1/jobs/" + kept)).Status == 404; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.Equal("succeeded", (await app.Http.EndAsync("/v1/jobs/" + kept)).Json.GetProperty("state").GetString());
        (await app.Http.FetchAsync("/v1/jobs/" + dropped)).IsProblem(404, "unknown-job");
    }

    [Fact]
    public async Task A_silo_without_postgresql_says_so()
    {
        await using var app = await StartedApplication.StartAsync(b => b.AddBuiltInFunctions());
        var jobs = app.Web.Services.GetRequiredService<IJobSubmitter>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => jobs.SubmitAsync("mail", JobSpec.OfText("wordcount", "a"), transaction: null!));
    }
}
