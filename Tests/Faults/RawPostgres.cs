using Npgsql;

namespace Hearth.Tests.Faults;

/// <summary>The smallest durable store on PostgreSQL: one insert a transaction.</summary>
internal sealed class RawPostgres(string connectionString) : IAsyncDisposable
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);

    public async Task CreateAsync()
    {
        await using var create = source.CreateCommand("CREATE TABLE IF NOT EXISTS job (id text PRIMARY KEY)");
        await create.ExecuteNonQueryAsync();
        await using var checkpoint = source.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
    }

    public async Task<string> InsertAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var insert = source.CreateCommand("INSERT INTO job (id) VALUES ($1)");
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    /// <summary>Two inserts in one round trip and one implicit transaction.</summary>
    public async Task InsertBatchAsync(params string[] ids)
    {
        await using var batch = source.CreateBatch();
        foreach (var id in ids)
            batch.BatchCommands.Add(new("INSERT INTO job (id) VALUES ($1)") { Parameters = { new NpgsqlParameter<string> { TypedValue = id } } });
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>An insert between BEGIN and COMMIT.</summary>
    public async Task InsertInTransactionAsync(string id)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO job (id) VALUES ($1)", connection, transaction);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        await insert.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public async Task<IReadOnlyList<string>> IdsAsync()
    {
        await using var select = source.CreateCommand("SELECT id FROM job ORDER BY id");
        await using var reader = await select.ExecuteReaderAsync();
        List<string> ids = [];
        while (await reader.ReadAsync())
            ids.Add(reader.GetString(0));
        return ids;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
