using System.Text;
using Hearth.Jobs;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>Rows as they are stored, into what the contract has; checksums verified.</summary>
internal static class Rows
{
    /// <summary>From id, checksum (null: none), function, content_type, input, options, priority, due_at, expires_at, tags.</summary>
    /// <param name="reader">At the row.</param>
    /// <param name="at">Column of the id.</param>
    /// <exception cref="CorruptRowException">It is not what was written.</exception>
    public static JobRow Job(NpgsqlDataReader reader, int at = 0)
    {
        var id = new JobId(reader.GetGuid(at));
        var function = reader.GetString(at + 2);
        var contentType = StoredText.ReadJobContentType(TextOrNull(reader, at + 3));
        var input = reader.GetFieldValue<byte[]>(at + 4);
        var options = Options(reader, at + 5);
        if (!reader.IsDBNull(at + 1) && reader.GetInt32(at + 1) != RowChecksum.OfJob(id, function, contentType, options, input))
            throw new CorruptRowException($"The row of job {id} is damaged: its checksum is wrong.");
        return new JobRow(id, new JobSpec(function, contentType, input, StoredOptions.Read(
            options, Priority(reader, at + 6), TimeOrNull(reader, at + 7), TimeOrNull(reader, at + 8), Tags(reader, at + 9))));
    }

    public static DateTimeOffset Time(NpgsqlDataReader reader, int at) => new(reader.GetDateTime(at), TimeSpan.Zero);

    public static DateTimeOffset? TimeOrNull(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : Time(reader, at);

    public static string? TextOrNull(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetString(at);

    public static byte Priority(NpgsqlDataReader reader, int at) =>
        reader.IsDBNull(at) ? JobOptions.Default.Priority : (byte)reader.GetInt16(at);

    public static string[]? Tags(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetFieldValue<string[]>(at);

    public static byte[] Options(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? [] : Encoding.UTF8.GetBytes(reader.GetString(at));
}
