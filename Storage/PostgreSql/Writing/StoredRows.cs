using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>
/// Whether a write whose commit was in doubt is stored, asked once its shard has been found with another owner. It was written whole or
/// not at all, and can no longer be: the claim has waited for the transaction.
/// </summary>
internal static class StoredRows
{
    public static async Task<bool> AreAllThereAsync(NpgsqlConnection connection, ShardWrite write)
    {
        await using var command = new NpgsqlCommand(SqlText.StoredRows, connection);
        var p = command.Parameters;
        p.Add(new NpgsqlParameter<int> { TypedValue = write.Shard });
        Add(p, NpgsqlDbType.Uuid, write.Jobs, row => row.Id.Value);
        Add(p, NpgsqlDbType.Uuid, write.Ends, row => row.Id.Value);
        Add(p, NpgsqlDbType.Integer, write.Ends, end => RowChecksum.OfEnd(
            end.Id, end.State, StoredText.CleanOrNull(end.ContentType), StoredText.CleanOrNull(end.Error), end.Result.Span));
        Add(p, NpgsqlDbType.Uuid, write.Attempts, row => row.Id.Value);
        Add(p, NpgsqlDbType.Integer, write.Attempts, row => row.Attempt);
        Add(p, NpgsqlDbType.Smallint, write.Attempts, row => (short)row.Kind);
        Add(p, NpgsqlDbType.Uuid, write.Notes, row => row.Id.Value);
        Add(p, NpgsqlDbType.Integer, write.Notes, row => row.Number);
        Add(p, NpgsqlDbType.Uuid, write.Keys, row => row.Id.Value);
        Add(p, NpgsqlDbType.Bytea, write.Keys, row => row.Hash);
        Add(p, NpgsqlDbType.Uuid, write.Leases, row => row.Id.Value);
        Add(p, NpgsqlDbType.Integer, write.Leases, row => row.Attempt);
        Add(p, NpgsqlDbType.Integer, write.Leases, row => row.Number);
        Add(p, NpgsqlDbType.Uuid, write.Posts, row => row.Id.Value);
        Add(p, NpgsqlDbType.Integer, write.Posts, row => row.Shard);
        Add(p, NpgsqlDbType.Integer, write.Notes, row => row.Attempt);
        Add(p, NpgsqlDbType.TimestampTz, write.Notes, row => Columns.Stored(row.At));
        Add(p, NpgsqlDbType.Text, write.Notes, row => StoredText.Clean(row.Text));
        Add(p, NpgsqlDbType.Uuid, write.Permits, row => row.Scope);
        Add(p, NpgsqlDbType.TimestampTz, write.Permits, row => Columns.Stored(row.At));
        Add(p, NpgsqlDbType.Integer, write.Permits, row => row.Count);
        var rows = write.Jobs.Length + write.Ends.Length + write.Attempts.Length + write.Notes.Length + write.Keys.Length
            + write.Leases.Length + write.Posts.Length + write.Permits.Length;
        return (long)(await command.ExecuteScalarAsync())! == rows;
    }

    private static void Add<TRow, T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, ReadOnlyMemory<TRow> rows, Func<TRow, T> column)
    {
        var values = new List<T>(rows.Length);
        foreach (var row in rows.Span)
            values.Add(column(row));
        parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
