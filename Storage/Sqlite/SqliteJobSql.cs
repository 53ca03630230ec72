using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Columns and rows of jobs, bound and read in one place.</summary>
internal static class SqliteJobSql
{
    // ON CONFLICT DO NOTHING is about keys alone; INSERT OR IGNORE would also pass over rows that break a CHECK.
    public const string InsertJob =
        """
        INSERT INTO job (shard, id, function, content_type, priority, due_at, expires_at, tags, options, checksum, input)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    public const string InsertInbox =
        """
        INSERT INTO inbox (shard, id, function, content_type, priority, due_at, expires_at, tags, options, checksum, input)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    public const string InsertEnd =
        """
        INSERT INTO job_end (shard, id, state, attempt, started_at, ended_at, content_type, error, error_type, checksum, result)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    public const string InsertKey =
        "INSERT INTO job_key (shard, kind, hash, id, count, body_hash) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

    public const string InsertAttempt =
        """
        INSERT INTO job_attempt (shard, id, attempt, kind, at, started_at, retry_at, error, error_type)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    public const string InsertNote =
        """
        INSERT INTO job_note (shard, id, n, kind, attempt, at, text) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (shard, id, n) DO UPDATE SET kind = excluded.kind, attempt = excluded.attempt, at = excluded.at, text = excluded.text
        WHERE attempt <= excluded.attempt
        """;

    public const string InsertLease =
        """
        INSERT INTO job_lease (shard, id, attempt, number, started_at, until, worker) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    public const string InsertPermit = "INSERT INTO permit (shard, scope, at, count, kept_until) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

    private const string AttemptsOfJob =
        """
        SELECT attempt, kind, at, started_at, retry_at, error, error_type FROM job_attempt
        WHERE shard = ? AND id = ? ORDER BY attempt, kind
        """;

    /// <summary>Writes a row of <c>job</c> or <c>inbox</c>.</summary>
    public static void Insert(SqliteStatement statement, int shard, JobId id, JobSpec spec)
    {
        var options = spec.Options ?? JobOptions.Default;
        var stored = StoredOptions.Write(spec.Options);
        statement
            .Bind(1, shard).Bind(2, id).Bind(3, spec.Function).Bind(4, spec.ContentType)
            .Bind(5, options.Priority).Bind(6, options.DueAt).Bind(7, options.ExpiresAt)
            .Bind(8, options.Tags is { } tags ? JsonSerializer.Serialize(tags, TagsJson.Default.IReadOnlyListString) : null);
        if (stored is null)
            statement.Bind(9, (long?)null);
        else
            statement.Bind(9, stored);
        statement
            .Bind(10, RowChecksum.OfJob(id, spec.Function, spec.ContentType, stored, spec.Input.Span))
            .RunWith(11, spec.Input.Span);
    }

    public static void Insert(SqliteStatement statement, int shard, in JobEnd end) => statement
        .Bind(1, shard).Bind(2, end.Id).Bind(3, (int)end.State).Bind(4, end.Attempt).Bind(5, end.StartedAt).Bind(6, end.EndedAt)
        .Bind(7, end.ContentType).Bind(8, end.Error).Bind(9, end.ErrorType)
        .Bind(10, RowChecksum.OfEnd(end.Id, end.State, end.ContentType, end.Error, end.Result.Span))
        .RunWith(11, end.Result.Span);

    public static void Insert(SqliteStatement statement, int shard, in JobKeyRow key) => statement
        .Bind(1, shard).Bind(2, (int)key.Kind).Bind(3, key.Hash.Span).Bind(4, key.Id).Bind(5, key.Count).Bind(6, key.BodyHash.Span).Run();

    public static void Insert(SqliteStatement statement, int shard, in JobAttemptRow attempt) => statement
        .Bind(1, shard).Bind(2, attempt.Id).Bind(3, attempt.Attempt).Bind(4, (int)attempt.Kind).Bind(5, attempt.At)
        .Bind(6, attempt.StartedAt).Bind(7, attempt.RetryAt).Bind(8, attempt.Error).Bind(9, attempt.ErrorType).Run();

    public static void Insert(SqliteStatement statement, int shard, in JobNoteRow note) => statement
        .Bind(1, shard).Bind(2, note.Id).Bind(3, note.Number).Bind(4, (int)note.Kind).Bind(5, note.Attempt).Bind(6, note.At).Bind(7, note.Text).Run();

    public static void Insert(SqliteStatement statement, int shard, in JobLeaseRow lease) => statement
        .Bind(1, shard).Bind(2, lease.Id).Bind(3, lease.Attempt).Bind(4, lease.Number).Bind(5, lease.StartedAt).Bind(6, lease.Until)
        .Bind(7, lease.Worker).Run();

    public static void Insert(SqliteStatement statement, int shard, in PermitRow permit) => statement
        .Bind(1, shard).Bind(2, permit.Scope.ToByteArray(bigEndian: true)).Bind(3, permit.At).Bind(4, permit.Count).Bind(5, permit.KeptUntil).Run();

    /// <summary>Reads id, function, content_type, priority, due_at, expires_at, tags, options, checksum, input from <paramref name="first"/> on.</summary>
    /// <exception cref="CorruptRowException">The checksum is another.</exception>
    public static JobRow ReadJob(SqliteStatement row, int first)
    {
        var id = row.Id(first);
        var function = row.Text(first + 1);
        var contentType = row.Text(first + 2);
        var input = row.Bytes(first + 9).ToArray();
        if (RowChecksum.OfJob(id, function, contentType, row.Bytes(first + 7), input) != row.Int(first + 8))
            throw new CorruptRowException($"The stored row of job {id} is damaged.");
        return new JobRow(id, new JobSpec(function, contentType, input, ReadOptions(row, first + 3)));
    }

    /// <summary>Reads priority, due_at, expires_at, tags, options.</summary>
    public static JobOptions? ReadOptions(SqliteStatement row, int first) => StoredOptions.Read(
        row.Bytes(first + 4), (byte)row.Int(first), row.TimeOrNull(first + 1), row.TimeOrNull(first + 2), ReadTags(row, first + 3));

    public static IReadOnlyList<string>? ReadTags(SqliteStatement row, int column) =>
        row.IsNull(column) ? null : JsonSerializer.Deserialize(row.Utf8(column), TagsJson.Default.IReadOnlyListString);

    /// <summary>Attempts of a job, by number, then kind.</summary>
    public static List<JobAttemptRow> Attempts(SqliteSession session, JobId id)
    {
        var attempts = new List<JobAttemptRow>();
        using var row = session.Prepare(AttemptsOfJob).Bind(1, id.Shard).Bind(2, id);
        while (row.Read())
            attempts.Add(ReadAttempt(row, id));
        return attempts;
    }

    /// <summary>What the attempts of a job come to.</summary>
    public static AttemptTally Tally(SqliteSession session, JobId id)
    {
        var tally = default(AttemptTally);
        AttemptKind? before = null;
        using var row = session.Prepare(AttemptsOfJob).Bind(1, id.Shard).Bind(2, id);
        while (row.Read())
        {
            var attempt = ReadAttempt(row, id);
            tally = tally.With(attempt, before);
            before = attempt.Kind;
        }

        return tally;
    }

    private static JobAttemptRow ReadAttempt(SqliteStatement row, JobId id) => new(
        id, row.Int(0), (AttemptKind)row.Int(1), row.Time(2), row.TimeOrNull(3), row.TimeOrNull(4), row.TextOrNull(5), row.TextOrNull(6));
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class TagsJson : JsonSerializerContext;
