using Npgsql;

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
        var (written, tries) = expected is null
            ? await ChangeAsync(SqlText.GrainInsert, Bind.Of(grain), Bind.Of(name), Bind.Of(payload), Bind.Of(etag))
            : await ChangeAsync(SqlText.GrainUpdate, Bind.Of(grain), Bind.Of(name), Bind.Of(payload), Bind.Of(etag), Bind.Of(expected));
        // None, and yet its etag is there: the connection was lost after the commit, and the second try found what the first had written.
        return written == 1 || (tries > 1 && (await ReadAsync(grain, name))?.ETag == etag) ? etag : null;
    }

    public async Task<bool> ClearAsync(string grain, string name, string? expected)
    {
        if (expected is null)
            return true;
        var (cleared, tries) = await ChangeAsync(SqlText.GrainClear, Bind.Of(grain), Bind.Of(name), Bind.Of(expected));
        return cleared == 1 || (tries > 1 && await ReadAsync(grain, name) is null);
    }

    public async Task<IReadOnlyList<GrainStateHead>> ListAsync(
        string name, string prefix, string? after, int limit, CancellationToken cancellationToken) =>
        await database.ListByKeyAsync(
            SqlText.GrainList, [Bind.Of(prefix), Bind.Of(TextRange.EndOf(prefix)), Bind.Of(after ?? ""), Bind.Of(name), Bind.Of(limit)],
            reader => new GrainStateHead(reader.GetString(0), reader.GetInt32(1), new DateTimeOffset(reader.GetDateTime(2)), reader.GetString(3)), cancellationToken);

    /// <summary>Runs a statement that may be run twice, and tells how often it was.</summary>
    private async Task<(int Changed, int Tries)> ChangeAsync(string sql, params NpgsqlParameter[] parameters)
    {
        var tries = 0;
        try
        {
            var changed = await database.AskAsync(
                async (connection, token) =>
                {
                    tries++;
                    await using var command = PostgreSqlDatabase.Command(connection, sql, parameters);
                    return await command.ExecuteNonQueryAsync(token);
                },
                CancellationToken.None);
            return (changed, tries);
        }
        catch (StoreUnavailableException e) when (tries > 1 || (tries == 1 && e.InnerException is { } cause && !Failures.HasRolledBack(cause)))
        {
            throw new OutcomeUnknownException("The database was lost during the write: " + e.Message, e);
        }
    }
}
