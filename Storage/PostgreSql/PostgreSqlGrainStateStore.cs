namespace Hearth.Storage.PostgreSql;

/// <summary>Grain state on PostgreSQL.</summary>
public sealed class PostgreSqlGrainStateStore(PostgreSqlDatabase database) : IGrainStateStore
{
    public async Task<GrainStateRow?> ReadAsync(string grain, string name)
    {
        var rows = await database.ListAsync(
            SqlText.GrainRead, [Bind.Of(grain), Bind.Of(name)], reader => new GrainStateRow(reader.GetFieldValue<byte[]>(0), reader.GetString(1)),
            CancellationToken.None);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected)
    {
        var etag = Guid.NewGuid().ToString("N");
        var written = expected is null
            ? await database.ExecuteAsync(
                SqlText.GrainInsert, [Bind.Of(grain), Bind.Of(name), Bind.Of(payload), Bind.Of(etag)], CancellationToken.None)
            : await database.ExecuteAsync(
                SqlText.GrainUpdate, [Bind.Of(grain), Bind.Of(name), Bind.Of(payload), Bind.Of(etag), Bind.Of(expected)], CancellationToken.None);
        // None, and yet its etag is there: the connection was lost after the commit, and the second try found what the first had written.
        return written == 1 || (await ReadAsync(grain, name))?.ETag == etag ? etag : null;
    }

    public async Task<bool> ClearAsync(string grain, string name, string? expected) =>
        expected is null
        || await database.ExecuteAsync(SqlText.GrainClear, [Bind.Of(grain), Bind.Of(name), Bind.Of(expected)], CancellationToken.None) == 1;
}
