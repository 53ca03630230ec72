namespace Hearth.Storage.Sqlite;

/// <summary>Grain state on SQLite.</summary>
public sealed class SqliteGrainStateStore(SqliteDatabase database, TimeProvider clock) : IGrainStateStore
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
                    ? session.Prepare("INSERT INTO grain_state (grain, name, payload, etag, updated_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")
                    : session.Prepare("UPDATE grain_state SET payload = ?3, etag = ?4, updated_at = ?5 WHERE grain = ?1 AND name = ?2 AND etag = ?6").Bind(6, expected);
                statement.Bind(1, grain).Bind(2, name).Bind(4, etag).Bind(5, clock.GetUtcNow()).RunWith(3, payload);
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

    public Task<IReadOnlyList<GrainStateHead>> ListAsync(
        string name, string prefix, string? after, int limit, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<GrainStateHead>>(
        session =>
        {
            var heads = new List<GrainStateHead>();
            using var row = session.Prepare(
                "SELECT grain, length(payload), updated_at, etag FROM grain_state WHERE grain >= ? AND grain < ? AND grain > ? AND name = ? ORDER BY grain LIMIT ?")
                .Bind(1, prefix).Bind(2, TextRange.EndOf(prefix)).Bind(3, after ?? "").Bind(4, name).Bind(5, limit);
            while (row.Read())
                heads.Add(new GrainStateHead(row.Text(0), row.Long(1), row.Time(2), row.Text(3)));
            return heads;
        },
        cancellationToken);
}
