using System.Globalization;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hearth.Bench.Jobs;

/// <summary>A PostgreSQL server with a database for each measurement.</summary>
internal sealed class PostgresBenchStore : BenchStore
{
    private readonly WireCounter wire = new();
    private readonly TempFolder folder = new();
    private readonly PostgresCluster? cluster;
    private readonly NpgsqlConnection admin;
    private readonly string server;
    private readonly int serverProcess;
    private static int numbers;
    private readonly List<NpgsqlConnection> held = [];
    private int number;

    private PostgresBenchStore(PostgresCluster? cluster, string server, NpgsqlConnection admin, int serverProcess) =>
        (this.cluster, this.server, this.admin, this.serverProcess) = (cluster, server, admin, serverProcess);

    public override string Name => "postgres";

    public override string[] SiloArguments => ["--data", folder["data"], "--database", ConnectionString];

    public override int[] FloorConnections => [1, 2, 4, 8];

    public override TimeSpan ServerCpu => Jobs.ServerCpu.Of(serverProcess);

    public override long Sent => wire.Sent;

    public string ConnectionString => new NpgsqlConnectionStringBuilder(server) { Database = Database }.ConnectionString;

    private string Database => string.Create(CultureInfo.InvariantCulture, $"hearth_bench_{Environment.ProcessId}_{number}");

    /// <param name="connectionString">Of a server that is there; null: starts one.</param>
    public static async Task<PostgresBenchStore> OpenAsync(string? connectionString)
    {
        var cluster = connectionString is null ? new PostgresCluster() : null;
        var server = cluster?.ConnectionString ?? connectionString!;
        var admin = new NpgsqlConnection(server + ";Pooling=false");
        await admin.OpenAsync();
        // Each session's process is a child of the server's.
        var serverProcess = Jobs.ServerCpu.ParentOf(admin.ProcessID) ?? 0;
        return new PostgresBenchStore(cluster, server, admin, serverProcess);
    }

    /// <summary>A shard's writes go over one connection, so few queues use few of them.</summary>
    public override int WritersOf(int queues) => Math.Min(queues, PostgreSqlOptions.Default.Writers);

    public override StoreCounters CountersOf(IJobStore store) => ((PostgreSqlJobStore)store).Counters;

    public async Task<string> VersionAsync()
    {
        await using var command = new NpgsqlCommand("SHOW server_version", admin);
        return ((string)(await command.ExecuteScalarAsync())!).Split(' ')[0];
    }

    public override async Task<long> LogBytesAsync()
    {
        await using var command = new NpgsqlCommand("SELECT (pg_current_wal_lsn() - '0/0')::bigint", admin);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public override async Task ResetAsync()
    {
        if (number > 0)
            await ExecuteAsync(admin, $"DROP DATABASE {Database} WITH (FORCE)");
        number = Interlocked.Increment(ref numbers);
        await ExecuteAsync(admin, $"CREATE DATABASE {Database} TEMPLATE template0");
        EngineTables.Make(ConnectionString);
        await ExecuteAsync(admin, "CHECKPOINT");
    }

    public override async Task SettleAsync()
    {
        await using var connection = await ConnectAsync();
        await ExecuteAsync(connection, "VACUUM (ANALYZE)");
        await ExecuteAsync(connection, "CHECKPOINT");
    }

    public override async Task<(long Jobs, long Ends)> CountAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand("SELECT (SELECT count(*) FROM hearth.job), (SELECT count(*) FROM hearth.job_end)", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    public override Task<ISubject> OpenFloorAsync(Tally tally, int connections) => OpenFloorAsync(ConnectionString, tally, connections);

    /// <summary>The tables and partitions are those that a silo makes.</summary>
    public static async Task<ISubject> OpenFloorAsync(string connectionString, Tally tally, int connections)
    {
        await using (var database = await PostgreSqlDatabase.OpenAsync(connectionString, TimeProvider.System, NullLogger.Instance))
        {
            await using var store = new PostgreSqlJobStore(database);
            await store.MaintainAsync(new Retention(), CancellationToken.None);
        }

        var writers = new List<IFloorWriter>();
        for (var i = 0; i < connections; i++)
            writers.Add(await PostgresFloorWriter.OpenAsync(connectionString, $"floor/{i}"));
        return new Floor(tally, writers);
    }

    public override async Task<BenchStore> OpenAnotherAsync() => await OpenAsync(server);

    public override async Task FillEndedAsync(int jobs)
    {
        await using var database = await PostgreSqlDatabase.OpenAsync(ConnectionString, TimeProvider.System, NullLogger.Instance);
        await using var store = new PostgreSqlJobStore(database);
        await store.MaintainAsync(new Retention(), CancellationToken.None);
        var filler = new EndedJobs(jobs);
        await using var connection = await ConnectAsync();
        var writer = await PostgresFloorWriter.OpenAsync(ConnectionString, EndedJobs.Queue);
        await writer.DisposeAsync();
        await ExecuteAsync(connection, filler.Sql(writer.Shard));
        await filler.CheckpointAsync(store);
        await SettleAsync();
    }

    /// <summary>A transaction of somebody else that began before the measurement and ends after it: vacuum may not remove what it could see.</summary>
    public async Task HoldTransactionAsync()
    {
        var connection = await ConnectAsync();
        held.Add(connection);
        await ExecuteAsync(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id()");
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var connection in held)
            await connection.DisposeAsync();
        if (number > 0)
            await ExecuteAsync(admin, $"DROP DATABASE {Database} WITH (FORCE)");
        await admin.DisposeAsync();
        cluster?.Dispose();
        folder.Dispose();
        wire.Dispose();
    }

    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        return connection;
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
