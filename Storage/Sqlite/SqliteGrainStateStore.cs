using static Hearth.Storage.Sqlite.SqliteDatabase;

namespace Hearth.Storage.Sqlite;

/// <summary>Grain state on SQLite.</summary>
public sealed class SqliteGrainStateStore(SqliteDatabase database) : IGrainStateStore
{
    public Task<GrainStateRow?> ReadAsync(string grain, string name) => database.ReadAsync(connection =>
    {
        using var command = Command(
            connection, "SELECT payload, etag FROM grain_state WHERE grain = $grain AND name = $name", ("$grain", grain), ("$name", name));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new GrainStateRow((byte[])reader.GetValue(0), reader.GetString(1)) : null;
    });

    public Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected) => database.WriteAsync(connection =>
    {
        var etag = Guid.NewGuid().ToString("N");
        using var command = Command(
            connection,
            expected is null
                ? "INSERT INTO grain_state (grain, name, payload, etag) VALUES ($grain, $name, $payload, $etag) ON CONFLICT DO NOTHING"
                : "UPDATE grain_state SET payload = $payload, etag = $etag WHERE grain = $grain AND name = $name AND etag = $expected",
            ("$grain", grain), ("$name", name), ("$payload", payload), ("$etag", etag), ("$expected", expected ?? ""));
        return command.ExecuteNonQuery() == 1 ? etag : null;
    });

    public Task<bool> ClearAsync(string grain, string name, string? expected) => database.WriteAsync(connection =>
    {
        using var command = Command(
            connection, "DELETE FROM grain_state WHERE grain = $grain AND name = $name AND etag = $expected",
            ("$grain", grain), ("$name", name), ("$expected", expected ?? ""));
        return command.ExecuteNonQuery() == 1 || expected is null;
    });
}
