using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>Rows of <c>job_end</c>.</summary>
internal sealed class EndColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<int> checksums;
    private readonly List<short> states;
    private readonly List<int> attempts;
    private readonly List<DateTime?> started;
    private readonly List<DateTime> ended;
    private readonly List<string?> contentTypes;
    private readonly List<ReadOnlyMemory<byte>> results;

    // Most batches have no errors, and are sent without these columns.
    private readonly List<string?> errors;
    private readonly List<string?> errorTypes;

    private readonly Statement plain;
    private readonly Statement full;

    public EndColumns(Fence fence)
    {
        shards = Column<int>();
        checksums = Column<int>();
        states = Column<short>();
        attempts = Column<int>();
        started = Column<DateTime?>();
        ended = Column<DateTime>();
        contentTypes = Column<string?>();
        results = Column<ReadOnlyMemory<byte>>();
        errors = Column<string?>();
        errorTypes = Column<string?>();
        plain = new Statement(SqlText.InsertEnds, fence, [.. Plain()]);
        full = new Statement(
            SqlText.InsertEndsWithErrors, fence, [.. Plain(), Array(errors, NpgsqlDbType.Text), Array(errorTypes, NpgsqlDbType.Text)]);
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again)
    {
        if (errors.Count == 0)
            return plain.Command(connection, again);
        PadErrors(Count);
        return full.Command(connection, again);
    }

    public void Add(int shard, in JobEnd end)
    {
        var contentType = StoredText.CleanOrNull(end.ContentType);
        var error = StoredText.CleanOrNull(end.Error);
        checksums.Add(RowChecksum.OfEnd(end.Id, end.State, contentType, error, end.Result.Span));
        shards.Add(shard);
        states.Add((short)end.State);
        attempts.Add(end.Attempt);
        started.Add(Stored(end.StartedAt));
        ended.Add(Stored(end.EndedAt));
        contentTypes.Add(StoredText.EndContentType(contentType));
        results.Add(end.Result);
        if (error is not null || end.ErrorType is not null)
        {
            PadErrors(Count);
            errors.Add(error);
            errorTypes.Add(StoredText.CleanOrNull(end.ErrorType));
        }

        Ids.Add(end.Id.Value);
        Bytes += 70 + end.Result.Length + (error?.Length ?? 0);
    }

    private IEnumerable<NpgsqlParameter> Plain() =>
    [
        Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer), Array(checksums, NpgsqlDbType.Integer),
        Array(states, NpgsqlDbType.Smallint), Array(attempts, NpgsqlDbType.Integer), Array(started, NpgsqlDbType.TimestampTz),
        Array(ended, NpgsqlDbType.TimestampTz), Array(contentTypes, NpgsqlDbType.Text), Array(results, NpgsqlDbType.Bytea),
    ];

    private void PadErrors(int rows)
    {
        Pad(errors, rows);
        Pad(errorTypes, rows);
    }
}
