namespace Hearth.Storage.Sqlite;

/// <summary>Grain state on SQLite.</summary>
public sealed class SqliteGrainStateStore(SqliteDatabase database) : IGrainStateStore
{
    public Task<GrainStateRow?> ReadAsync(string grain, string name) => database.ReadAsync(session =>
    {
        using var row = session.Prepare("SELECT payload, etag FROM grain_state WHERE grain = ? AND name = ?").Bind(1, grain).Bind(2, name);
        return row.Read() ? new GrainStateRow(row.Bytes(0).ToArray(), row.Text(1)) : null;
    });

    public Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected)
    {
        var etag = Guid.NewGuid().ToString("N");
        return database.WriteAsync(
            transaction =>
            {
                var session = transaction.Session;
                var statement = expected is null
                    ? session.Prepare("INSERT INTO grain_state (grain, name, payload, etag) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
                    : session.Prepare("UPDATE grain_state SET payload = ?3, etag = ?4 WHERE grain = ?1 AND name = ?2 AND etag = ?5").Bind(5, expected);
                statement.Bind(1, grain).Bind(2, name).Bind(4, etag).RunWith(3, payload);
                return session.Changes == 1 ? etag : null;
            },
            payload.Length);
    }

    public Task<bool> ClearAsync(string grain, string name, string? expected) => database.WriteAsync(transaction =>
    {
        transaction.Session.Prepare("DELETE FROM grain_state WHERE grain = ? AND name = ? AND etag = ?")
            .Bind(1, grain).Bind(2, name).Bind(3, expected ?? "").Run();
        return transaction.Session.Changes == 1 || expected is null;
    });
}
