using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>Rows of <c>job_attempt</c>.</summary>
internal sealed class AttemptColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<int> attempts;
    private readonly List<short> kinds;
    private readonly List<DateTime> at;
    private readonly List<DateTime?> started;
    private readonly List<DateTime?> retries;
    private readonly List<string?> errors;
    private readonly List<string?> errorTypes;
    private readonly Statement statement;

    public AttemptColumns(Fence fence)
    {
        shards = Column<int>();
        attempts = Column<int>();
        kinds = Column<short>();
        at = Column<DateTime>();
        started = Column<DateTime?>();
        retries = Column<DateTime?>();
        errors = Column<string?>();
        errorTypes = Column<string?>();
        statement = new Statement(
            SqlText.InsertAttempts, fence, Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer),
            Array(attempts, NpgsqlDbType.Integer), Array(kinds, NpgsqlDbType.Smallint), Array(at, NpgsqlDbType.TimestampTz),
            Array(started, NpgsqlDbType.TimestampTz), Array(retries, NpgsqlDbType.TimestampTz), Array(errors, NpgsqlDbType.Text),
            Array(errorTypes, NpgsqlDbType.Text));
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again) => statement.Command(connection, again);

    public void Add(int shard, in JobAttemptRow row)
    {
        shards.Add(shard);
        attempts.Add(row.Attempt);
        kinds.Add((short)row.Kind);
        at.Add(Stored(row.At));
        started.Add(Stored(row.StartedAt));
        retries.Add(Stored(row.RetryAt));
        errors.Add(StoredText.CleanOrNull(row.Error));
        errorTypes.Add(StoredText.CleanOrNull(row.ErrorType));
        Ids.Add(row.Id.Value);
        Bytes += 60 + (row.Error?.Length ?? 0);
    }
}

/// <summary>Rows of <c>job_note</c>.</summary>
internal sealed class NoteColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<int> numbers;
    private readonly List<int> attempts;
    private readonly List<short> kinds;
    private readonly List<DateTime> at;
    private readonly List<string> texts;
    private readonly Statement statement;

    public NoteColumns(Fence fence)
    {
        shards = Column<int>();
        numbers = Column<int>();
        attempts = Column<int>();
        kinds = Column<short>();
        at = Column<DateTime>();
        texts = Column<string>();
        statement = new Statement(
            SqlText.InsertNotes, SqlText.InsertNotes, fence, Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer),
            Array(numbers, NpgsqlDbType.Integer), Array(attempts, NpgsqlDbType.Integer), Array(kinds, NpgsqlDbType.Smallint),
            Array(at, NpgsqlDbType.TimestampTz), Array(texts, NpgsqlDbType.Text));
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again) => statement.Command(connection, again);

    public void Add(int shard, in JobNoteRow row)
    {
        shards.Add(shard);
        numbers.Add(row.Number);
        attempts.Add(row.Attempt);
        kinds.Add((short)row.Kind);
        at.Add(Stored(row.At));
        texts.Add(StoredText.Clean(row.Text));
        Ids.Add(row.Id.Value);
        Bytes += 50 + row.Text.Length;
    }
}

/// <summary>Rows of <c>job_lease</c>.</summary>
internal sealed class LeaseColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<int> attempts;
    private readonly List<int> numbers;
    private readonly List<DateTime> started;
    private readonly List<DateTime> until;
    private readonly List<string> workers;
    private readonly Statement statement;

    public LeaseColumns(Fence fence)
    {
        shards = Column<int>();
        attempts = Column<int>();
        numbers = Column<int>();
        started = Column<DateTime>();
        until = Column<DateTime>();
        workers = Column<string>();
        statement = new Statement(
            SqlText.InsertLeases, fence, Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer),
            Array(attempts, NpgsqlDbType.Integer), Array(numbers, NpgsqlDbType.Integer), Array(started, NpgsqlDbType.TimestampTz),
            Array(until, NpgsqlDbType.TimestampTz), Array(workers, NpgsqlDbType.Text));
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again) => statement.Command(connection, again);

    public void Add(int shard, in JobLeaseRow row)
    {
        shards.Add(shard);
        attempts.Add(row.Attempt);
        numbers.Add(row.Number);
        started.Add(Stored(row.StartedAt));
        until.Add(Stored(row.Until));
        workers.Add(StoredText.Clean(row.Worker));
        Ids.Add(row.Id.Value);
        Bytes += 44 + row.Worker.Length;
    }
}

/// <summary>Rows of <c>job_key</c>.</summary>
internal sealed class KeyColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<short> kinds;
    private readonly List<int> counts;
    private readonly List<ReadOnlyMemory<byte>> hashes;
    private readonly List<ReadOnlyMemory<byte>> bodyHashes;
    private readonly Statement statement;

    public KeyColumns(Fence fence)
    {
        shards = Column<int>();
        kinds = Column<short>();
        counts = Column<int>();
        hashes = Column<ReadOnlyMemory<byte>>();
        bodyHashes = Column<ReadOnlyMemory<byte>>();
        statement = new Statement(
            SqlText.InsertKeys, fence, Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer), Array(kinds, NpgsqlDbType.Smallint),
            Array(counts, NpgsqlDbType.Integer), Array(hashes, NpgsqlDbType.Bytea), Array(bodyHashes, NpgsqlDbType.Bytea));
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again) => statement.Command(connection, again);

    public void Add(int shard, in JobKeyRow row)
    {
        shards.Add(shard);
        kinds.Add((short)row.Kind);
        counts.Add(row.Count);
        hashes.Add(row.Hash);
        bodyHashes.Add(row.BodyHash);
        Ids.Add(row.Id.Value);
        Bytes += 30 + row.Hash.Length + row.BodyHash.Length;
    }
}
