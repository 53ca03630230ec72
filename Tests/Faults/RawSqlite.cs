using Microsoft.Data.Sqlite;

namespace Hearth.Tests.Faults;

/// <summary>The smallest durable store on SQLite: one connection, one insert a transaction.</summary>
internal sealed class RawSqlite : IDisposable
{
    private readonly SqliteConnection connection;

    /// <param name="path">The file.</param>
    /// <param name="synchronous">FULL, NORMAL or OFF.</param>
    public RawSqlite(string path, string synchronous)
    {
        SQLitePCL.Batteries_V2.Init();
        connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        // The table is there for certain; only the inserts are put to the test.
        Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY); PRAGMA wal_checkpoint(TRUNCATE)");
        Run($"PRAGMA synchronous={synchronous}");
    }

    public Task<string> InsertAsync(string id)
    {
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO job (id) VALUES ($id)";
        insert.Parameters.AddWithValue("$id", id);
        insert.ExecuteNonQuery();
        return Task.FromResult(id);
    }

    public string Check() => Rows("PRAGMA integrity_check").Single();

    public IReadOnlyList<string> Ids() => Rows("SELECT id FROM job");

    public void Dispose() => connection.Dispose();

    private List<string> Rows(string sql)
    {
        using var select = connection.CreateCommand();
        select.CommandText = sql;
        using var reader = select.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add(reader.GetString(0));
        return rows;
    }

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
