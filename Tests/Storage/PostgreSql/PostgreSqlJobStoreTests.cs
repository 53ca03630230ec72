using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Storage.PostgreSql;

public sealed class PostgreSqlJobStoreTests : JobStoreContract, IClassFixture<PostgreSqlJobs.Database>
{
    private readonly PostgreSqlJobs.Database database;

    public PostgreSqlJobStoreTests(PostgreSqlJobs.Database database) => this.database = database;

    protected override Task<StoredJobs> NewAsync() => Task.FromResult<StoredJobs>(new PostgreSqlJobs(database.ConnectionString));
}

/// <summary>One database for all tests of the contract, which have shards of their own.</summary>
public sealed class PostgreSqlJobs(string connectionString) : StoredJobs
{
    private PostgreSqlDatabase? database;
    private PostgreSqlJobStore? store;

    public override async Task<IJobStore> OpenAsync()
    {
        await CloseAsync();
        database = await OpenDatabaseAsync("owner");
        return store = new PostgreSqlJobStore(database);
    }

    public override async Task<ShardClaim> ClaimAsStrangerAsync(string shard)
    {
        await using var opened = await OpenDatabaseAsync("stranger");
        await using var stranger = new PostgreSqlJobStore(opened);
        return await stranger.ClaimAsync(shard, "stranger", isPlanned: false, CancellationToken.None);
    }

    public override Task DamageInputAsync(JobId id) => ChangeAsync($"UPDATE hearth.job SET input = set_byte(input, 0, 0) WHERE id = '{id.Value}'");

    public override Task DamageResultAsync(JobId id) => ChangeAsync($"UPDATE hearth.job_end SET result = set_byte(result, 0, 0) WHERE id = '{id.Value}'");

    public override Task DamageCheckpointAsync(int shard) =>
        ChangeAsync($"UPDATE hearth.shard_checkpoint SET ids = substr(ids, 17) WHERE shard = {shard} AND part = 1");

    public override async Task WritePartOfCheckpointAsync(ShardCheckpoint checkpoint) =>
        await new Checkpoints(database!).WritePartsAsync(checkpoint, CancellationToken.None);

    /// <summary>The database's time passes by itself.</summary>
    public override Task PassAsync(TimeSpan time) => Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);

    public override ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask CloseAsync()
    {
        if (store is not null)
            await store.DisposeAsync();
        if (database is not null)
            await database.DisposeAsync();
    }

    private Task<PostgreSqlDatabase> OpenDatabaseAsync(string owner) => PostgreSqlDatabase.OpenAsync(
        connectionString, TimeProvider.System, NullLogger.Instance, new PostgreSqlOptions { Owner = owner });

    private async Task ChangeAsync(string sql) => Assert.Equal(1, await database!.ExecuteAsync(sql, [], CancellationToken.None));

    public sealed class Database
    {
        public string ConnectionString { get; } = PostgresServer.Shared.NewDatabase();
    }
}
