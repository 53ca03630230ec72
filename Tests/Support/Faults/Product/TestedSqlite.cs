using Microsoft.Data.Sqlite;

namespace Hearth.Tests.Support.Faults;

/// <summary>SQLite in the silo's own data folder.</summary>
internal sealed class TestedSqlite(string data) : TestedStore
{
    static TestedSqlite() => SQLitePCL.Batteries_V2.Init();

    public override string Name => "SQLite";

    public override string Data => data;

    public override async Task<(long Jobs, long Ends)> CountAsync() =>
        (await ReadAsync("SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM job_end)", row => (row.GetInt64(0), row.GetInt64(1)))).Single();

    public override async Task<StoreDump> DumpAsync()
    {
        Assert.Equal("ok", (await ReadAsync("PRAGMA integrity_check", row => row.GetString(0))).Single());
        return new StoreDump(
            await ReadAsync("SELECT id, input FROM job", row => new StoredJob(Id(row), KeyIn(row.GetFieldValue<byte[]>(1)))),
            await ReadAsync(
                "SELECT id, state, result, error FROM job_end",
                row => new StoredEnd(
                    Id(row), EndText(StateName(row.GetInt32(1)), row.GetFieldValue<byte[]>(2), row.IsDBNull(3) ? null : row.GetString(3)))));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Id(SqliteDataReader row) => Convert.ToHexStringLower(row.GetFieldValue<byte[]>(0));

    private async Task<List<T>> ReadAsync<T>(string sql, Func<SqliteDataReader, T> read)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "hearth.db")};Mode=ReadWrite;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}
