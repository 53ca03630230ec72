using System.Text;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>A database of its own, and stores upon it as several silos would open them.</summary>
public sealed class PostgresWorld : IAsyncDisposable
{
    private readonly List<(PostgreSqlDatabase Database, PostgreSqlJobStore Store)> opened = [];

    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);

    private PostgresWorld(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; set; }

    /// <summary>With the tables made.</summary>
    public static async Task<PostgresWorld> NewAsync() => new(PostgresServer.Shared.NewDatabase(await Template.Value));

    public static PostgresWorld Empty(PostgresServer? server = null) => new((server ?? PostgresServer.Shared).NewDatabase());

    public async Task<PostgreSqlJobStore> OpenAsync(string owner = "silo-1", PostgreSqlOptions? options = null)
    {
        var database = await OpenDatabaseAsync(owner, options);
        var store = new PostgreSqlJobStore(database);
        opened[^1] = (database, store);
        return store;
    }

    public async Task<PostgreSqlDatabase> OpenDatabaseAsync(string owner = "silo-1", PostgreSqlOptions? options = null)
    {
        var database = await PostgreSqlDatabase.OpenAsync(
            ConnectionString, TimeProvider.System, NullLogger.Instance, (options ?? PostgreSqlOptions.Default) with { Owner = owner });
        opened.Add((database, null!));
        return database;
    }

    public void Execute(string sql) => PostgresServer.Execute(ConnectionString, sql);

    public T Ask<T>(string sql) => PostgresServer.Ask<T>(ConnectionString, sql);

    public async ValueTask DisposeAsync()
    {
        foreach (var (database, store) in opened)
        {
            if (store is not null)
                await store.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var template = PostgresServer.Shared.NewDatabase();
        await PostgreSqlMigrations.ApplyAsync(template);
        return new NpgsqlConnectionStringBuilder(template).Database!;
    }

    public static JobRow[] Jobs(ShardClaim claim, int count, DateTimeOffset? at = null, int from = 0) =>
        [.. Enumerable.Range(from, count).Select(i => new JobRow(Id(claim, i, at), Spec("{\"n\":" + i + "}")))];

    public static JobId Id(ShardClaim claim, int counter, DateTimeOffset? at = null) =>
        JobId.Create((at ?? new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero)).ToUnixTimeMilliseconds(), counter, claim.Number, claim.Epoch);

    public static JobSpec Spec(string input = "{}", JobOptions? options = null) =>
        new("greet", "application/json", Encoding.UTF8.GetBytes(input), options);

    public static JobEnd End(JobId id, JobState state = JobState.Succeeded, DateTimeOffset? endedAt = null) => new(
        id, state, 1, id.At.AddMilliseconds(5), endedAt ?? id.At.AddMilliseconds(9),
        state == JobState.Succeeded ? "{\"ok\":true}"u8.ToArray() : default, state == JobState.Succeeded ? "application/json" : null,
        state == JobState.Failed ? "it broke" : null, state == JobState.Failed ? "InvalidOperationException" : null);

    public static async Task<List<OpenJob>> OpenJobsAsync(IJobStore store, ShardClaim claim)
    {
        var open = new List<OpenJob>();
        await foreach (var chunk in store.RecoverAsync(claim, CancellationToken.None))
            open.AddRange(chunk);
        return open;
    }
}

internal static class WorldExtensions
{
    public static Task<ShardClaim> ClaimAsync(this IJobStore store, string key = "default/default/0", string owner = "silo-1", bool isPlanned = false) =>
        store.ClaimAsync(key, owner, isPlanned, CancellationToken.None);

    public static ShardWrite Write(this ShardClaim claim, JobRow[]? jobs = null, JobEnd[]? ends = null) =>
        new(claim.Number, claim.Epoch) { Jobs = jobs, Ends = ends };
}
