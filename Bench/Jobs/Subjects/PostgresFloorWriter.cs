using Npgsql;
using NpgsqlTypes;

namespace Hearth.Bench.Jobs;

/// <summary>Bare Npgsql: a batch is one round trip and one implicit transaction of prepared statements over arrays.</summary>
internal sealed class PostgresFloorWriter : IFloorWriter
{
    private const long Epoch = 1;
    private const string Lock = "SELECT epoch FROM hearth.shard WHERE id = $1 FOR SHARE";

    private const string InsertJobs =
        """
        INSERT INTO hearth.job (id, shard, checksum, function, input)
        SELECT r.id, $1, 0, $3, r.input FROM (SELECT unnest($4::uuid[]) AS id, unnest($5::bytea[]) AS input) AS r
        WHERE EXISTS (SELECT FROM hearth.shard WHERE id = $1 AND epoch = $2)
        """;

    private const string InsertEnds =
        """
        INSERT INTO hearth.job_end (id, ended_at, started_at, shard, checksum, attempt, state, result)
        SELECT r.id, $3, $3, $1, 0, 1, 5, '' FROM (SELECT unnest($4::uuid[]) AS id) AS r
        WHERE EXISTS (SELECT FROM hearth.shard WHERE id = $1 AND epoch = $2)
        """;

    private readonly NpgsqlConnection connection;
    private readonly NpgsqlBatch batch;
    private readonly NpgsqlBatchCommand lockShard;
    private readonly NpgsqlBatchCommand insertJobs;
    private readonly NpgsqlBatchCommand insertEnds;
    private readonly NpgsqlParameter<DateTime> now = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly List<Guid> jobs = [];
    private readonly List<byte[]> inputs = [];
    private readonly List<Guid> ends = [];

    private PostgresFloorWriter(NpgsqlConnection connection, int shard)
    {
        (this.connection, Shard) = (connection, shard);
        batch = new NpgsqlBatch(connection);
        lockShard = Command(Lock);
        insertJobs = Command(
            InsertJobs, new NpgsqlParameter<long> { TypedValue = Epoch }, new NpgsqlParameter<string> { TypedValue = HearthSubject.Function },
            new NpgsqlParameter<List<Guid>> { TypedValue = jobs, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            new NpgsqlParameter<List<byte[]>> { TypedValue = inputs, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        insertEnds = Command(
            InsertEnds, new NpgsqlParameter<long> { TypedValue = Epoch }, now,
            new NpgsqlParameter<List<Guid>> { TypedValue = ends, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
    }

    public int Shard { get; }

    public static async Task<IFloorWriter> OpenAsync(string connectionString, string key)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Max Auto Prepare=10;Auto Prepare Min Usages=1");
        await connection.OpenAsync();
        await using var claim = new NpgsqlCommand($"INSERT INTO hearth.shard (key, epoch) VALUES ('{key}', {Epoch}) RETURNING id", connection);
        return new PostgresFloorWriter(connection, (int)(await claim.ExecuteScalarAsync())!);
    }

    public int StatementsOf(FloorBatch batch) => 1 + (batch.Jobs.Count > 0 ? 1 : 0) + (batch.Ends.Count > 0 ? 1 : 0);

    public async ValueTask WriteAsync(FloorBatch rows)
    {
        batch.BatchCommands.Clear();
        batch.BatchCommands.Add(lockShard);
        Fill(rows);
        if (jobs.Count > 0)
            batch.BatchCommands.Add(insertJobs);
        if (ends.Count > 0)
            batch.BatchCommands.Add(insertEnds);
        await using var reader = await batch.ExecuteReaderAsync();
        if (!await reader.ReadAsync() || reader.GetInt64(0) != Epoch)
            throw new InvalidOperationException("Another epoch.");
        while (await reader.NextResultAsync())
        {
            // Errors of the later statements come to light here.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await batch.DisposeAsync();
        await connection.DisposeAsync();
    }

    private void Fill(FloorBatch rows)
    {
        jobs.Clear();
        inputs.Clear();
        ends.Clear();
        foreach (var (id, input) in rows.Jobs)
        {
            jobs.Add(id.Value);
            inputs.Add(input);
        }

        foreach (var id in rows.Ends)
            ends.Add(id.Value);
        now.TypedValue = TimeProvider.System.GetUtcNow().UtcDateTime;
    }

    private NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Shard });
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }
}
