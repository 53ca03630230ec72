using System.Diagnostics;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Tables are made by one role and used by another that may change nothing of them.</summary>
public sealed class MigrationTests
{
    [PostgresFact]
    public async Task Migrations_run_once_however_many_start_together()
    {
        await using var world = PostgresWorld.Empty();

        var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgreSqlMigrations.ApplyAsync(world.ConnectionString)));

        var newest = PostgreSqlMigrations.Newest;
        Assert.Equal([0, newest, newest, newest], found.Order());
        Assert.Equal((long)newest, world.Ask<long>("SELECT count(*) FROM hearth.migration"));
    }

    [PostgresFact]
    public async Task Newer_tables_are_refused()
    {
        await using var world = PostgresWorld.Empty();
        await PostgreSqlMigrations.ApplyAsync(world.ConnectionString);
        world.Execute("INSERT INTO hearth.migration (number) VALUES (99)");

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.OpenAsync());
        Assert.Contains("version 99", refused.Message);
        Assert.Contains("start the version that wrote it", refused.Message);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => PostgreSqlMigrations.ApplyAsync(world.ConnectionString));
    }

    [PostgresFact]
    public async Task Missing_tables_are_told_when_they_are_not_to_be_made()
    {
        await using var world = PostgresWorld.Empty();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.OpenAsync(options: new PostgreSqlOptions { Migrate = false }));

        Assert.Contains("run the migration", refused.Message);
    }

    [PostgresFact]
    public async Task Script_makes_the_same_and_a_role_without_any_right_to_make_tables_does_all_the_work()
    {
        await using var world = PostgresWorld.Empty();
        var database = world.Ask<string>("SELECT current_database()");
        var role = "silo_" + database;
        world.Execute($"CREATE ROLE {role} LOGIN");
        RunScript(world.ConnectionString, PostgreSqlMigrations.Script(role: role));
        Assert.ThrowsAny<InvalidOperationException>(() => RunScript(world.ConnectionString, PostgreSqlMigrations.Script(role: role)));
        Assert.Equal((long)PostgreSqlMigrations.Newest, world.Ask<long>("SELECT count(*) FROM hearth.migration"));

        var owner = world.ConnectionString;
        world.ConnectionString = PostgresServer.Shared.ConnectionString(database, role);
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var day = store.Now.AddDays(-10);
        PostgresServer.Execute(owner, FormattableString.Invariant($"SELECT hearth.day_make('{day:yyyy-MM-dd}')"));
        PostgresServer.Execute(owner, FormattableString.Invariant($"DROP TABLE hearth.inbox_{store.Now.AddDays(7):yyyyMMdd}"));
        var jobs = PostgresWorld.Jobs(claim, 3, day);
        await store.WriteAsync(claim.Write(jobs, [PostgresWorld.End(jobs[0].Id)]));
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Posts = new[] { new InboxPost(claim.Number, InboxIds.Create(store.Now, claim.Number), PostgresWorld.Spec()) },
        });
        await store.WriteCheckpointAsync(new ShardCheckpoint(claim.Number, claim.Epoch, jobs[2].Id, new[] { jobs[2].Id, jobs[1].Id }, 0), default);
        await store.MaintainAsync(new Retention(), default);
        Assert.Equal(2, (await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync())).Count);
        Assert.Single((await store.ReadInboxAsync(claim.Number, 0, default)).Rows);
        Assert.Equal(8L, world.Ask<long>("SELECT count(*) FROM hearth.days('hearth.job')"));
        var states = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync());
        Assert.True(await states.ClearAsync("g", "n", await states.WriteAsync("g", "n", [1], null)));

        foreach (var forbidden in new[]
        {
            "CREATE TABLE hearth.mine (x int)", "DROP TABLE hearth.job", "DELETE FROM hearth.job", "UPDATE hearth.job_end SET state = 5",
            "TRUNCATE hearth.job", "DELETE FROM hearth.shard",
        })
        {
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege, Assert.Throws<PostgresException>(() => world.Execute(forbidden)).SqlState);
        }

        foreach (var nonsense in new[]
        {
            "SELECT hearth.day_make('2020-01-01')", "SELECT hearth.day_make(NULL)", "SELECT hearth.day_drop(current_date, ARRAY[now(), now(), now()], '{}', '{}', 5)",
            "SELECT hearth.day_drop(current_date - 20, ARRAY[now() + interval '1 day', now(), now()], '{}', '{}', 5)",
            "SELECT hearth.day_drop(current_date - 20, ARRAY[now(), now(), now()], '{1}', '{}', 5)",
            "SELECT hearth.forget(0, hearth.first_id(current_date), ARRAY[now() + interval '1 day', now(), now()], '{}', '{}', 5)",
            "SELECT hearth.job_delete(1, '{}')",
        })
        {
            Assert.Equal(PostgresErrorCodes.InvalidParameterValue, Assert.Throws<PostgresException>(() => world.Execute(nonsense)).SqlState);
        }
    }

    private static void RunScript(string connectionString, string script)
    {
        using var file = new TempFolder();
        File.WriteAllText(file["script.sql"], script);
        if (Environment.IsPrivilegedProcess)
            Process.Start("chmod", ["-R", "a+rX", file.Path]).WaitForExit();
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        PostgresServer.RunAsServer(
            "psql", "-v", "ON_ERROR_STOP=1", "-q", "-h", target.Host!, "-p", FormattableString.Invariant($"{target.Port}"), "-U", target.Username!,
            "-d", target.Database!, "-f", file["script.sql"]);
    }
}
