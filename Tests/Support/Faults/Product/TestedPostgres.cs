using Npgsql;

namespace Hearth.Tests.Support.Faults;

/// <summary>A PostgreSQL server of the test's own.</summary>
internal sealed class TestedPostgres(FaultedPostgres server, string data, params IReadOnlyList<string> more) : TestedStore
{
    public override string Name => "PostgreSQL";

    public override string Data => data;

    public FaultedPostgres Server => server;

    /// <summary>Where the silo finds it; that of a proxy to stand between.</summary>
    public int Port { get; set; } = server.Port;

    public override IReadOnlyList<string> Arguments => ["--database", FaultedPostgres.ConnectionStringAt(Port), .. more];

    public override Task KillAsync() => server.KillAsync();

    public override Task StartAsync() => server.IsRunning ? Task.CompletedTask : server.StartAsync();

    public override async Task<(long Jobs, long Ends)> CountAsync() => (await ReadAsync(
        "SELECT (SELECT count(*) FROM hearth.job), (SELECT count(*) FROM hearth.job_end)", row => (row.GetInt64(0), row.GetInt64(1)))).Single();

    public override async Task<StoreDump> DumpAsync() => new(
        await ReadAsync("SELECT id, input FROM hearth.job", row => new StoredJob(Id(row), KeyIn(row.GetFieldValue<byte[]>(1)))),
        await ReadAsync(
            "SELECT id, state, result, error FROM hearth.job_end",
            row => new StoredEnd(
                Id(row), EndText(StateName(row.GetInt16(1)), row.GetFieldValue<byte[]>(2), row.IsDBNull(3) ? null : row.GetString(3)))));

    public override ValueTask DisposeAsync() => server.DisposeAsync();

    /// <summary>Straight to the server, past any proxy.</summary>
    public async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    private static string Id(NpgsqlDataReader row) => row.GetGuid(0).ToString("N");
}
