using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Jobs one by one.</summary>
public sealed partial class SqliteJobStore
{
    private const string JobWithEnd =
        """
        SELECT j.id, j.function, j.priority, j.due_at, j.expires_at, j.tags, j.options,
               e.state, e.attempt, e.started_at, e.ended_at, e.content_type, e.error, e.error_type
        FROM job j LEFT JOIN job_end e ON e.shard = j.shard AND e.id = j.id
        """;

    public Task<IReadOnlyList<JobRow>> ReadJobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<JobRow>>(
            session =>
            {
                var jobs = new List<JobRow>(ids.Count);
                var row = session.Prepare(
                    """
                    SELECT id, function, content_type, priority, due_at, expires_at, tags, options, checksum, input
                    FROM job WHERE shard = ? AND id = ?
                    """);
                foreach (var id in ids)
                {
                    using (row.Bind(1, shard).Bind(2, id))
                    {
                        if (row.Read())
                            jobs.Add(SqliteJobSql.ReadJob(row, 0));
                    }
                }

                return jobs;
            },
            cancellationToken);

    public Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<JobLeaseRow>>(
            session =>
            {
                var leases = new List<JobLeaseRow>();
                if (ids.Count == 0 || !HasLeases(session, shard, ids.Min(), ids.Max()))
                    return leases;
                var row = session.Prepare(
                    """
                    SELECT attempt, number, started_at, until, worker FROM job_lease
                    WHERE shard = ? AND id = ? ORDER BY attempt DESC, number DESC LIMIT 1
                    """);
                foreach (var id in ids)
                {
                    using (row.Bind(1, shard).Bind(2, id))
                    {
                        if (row.Read())
                            leases.Add(new JobLeaseRow(id, row.Int(0), row.Int(1), row.Time(2), row.Time(3), row.Text(4)));
                    }
                }

                return leases;
            },
            cancellationToken);

    public Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<PermitRow>>(
            session =>
            {
                var permits = new List<PermitRow>();
                using var row = session.Prepare("SELECT scope, at, count, kept_until FROM permit WHERE shard = ? AND kept_until > ?")
                    .Bind(1, shard).Bind(2, Now);
                while (row.Read())
                    permits.Add(new PermitRow(new Guid(row.Bytes(0), bigEndian: true), row.Time(1), row.Int(2), row.Time(3)));
                return permits;
            },
            cancellationToken);

    public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using var row = session.Prepare(JobWithEnd + " WHERE j.shard = ? AND j.id = ?").Bind(1, id.Shard).Bind(2, id);
            return row.Read() ? View(session, row) : null;
        },
        cancellationToken);

    public Task<JobEnd?> FindEndAsync(JobId id, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using var row = session.Prepare(
                """
                SELECT state, attempt, started_at, ended_at, content_type, error, error_type, checksum, result
                FROM job_end WHERE shard = ? AND id = ?
                """).Bind(1, id.Shard).Bind(2, id);
            if (!row.Read())
                return (JobEnd?)null;
            var end = new JobEnd(
                id, (JobState)row.Int(0), row.Int(1), row.TimeOrNull(2), row.Time(3), row.Bytes(8).ToArray(),
                row.TextOrNull(4), row.TextOrNull(5), row.TextOrNull(6));
            return RowChecksum.OfEnd(id, end.State, end.ContentType, end.Error, end.Result.Span) == row.Int(7)
                ? end
                : throw new CorruptRowException($"The stored end of job {id} is damaged.");
        },
        cancellationToken);

    public Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<JobAttemptRow>>(session => SqliteJobSql.Attempts(session, id), cancellationToken);

    public Task<JobNoteRow?> FindNoteAsync(JobId id, int number, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using var row = session.Prepare("SELECT kind, attempt, at, text FROM job_note WHERE shard = ? AND id = ? AND n = ?")
                .Bind(1, id.Shard).Bind(2, id).Bind(3, number);
            return row.Read() ? new JobNoteRow(id, number, (NoteKind)row.Int(0), row.Int(1), row.Time(2), row.Text(3)) : (JobNoteRow?)null;
        },
        cancellationToken);

    public Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            var notes = new List<JobNoteRow>();
            using var row = session.Prepare("SELECT n, kind, attempt, at, text FROM job_note WHERE shard = ? AND id = ? ORDER BY n")
                .Bind(1, id.Shard).Bind(2, id);
            while (row.Read())
                notes.Add(new JobNoteRow(id, row.Int(0), (NoteKind)row.Int(1), row.Int(2), row.Time(3), row.Text(4)));
            return new JobHistory(SqliteJobSql.Attempts(session, id), notes);
        },
        cancellationToken);

    private static bool HasLeases(SqliteSession session, int shard, JobId first, JobId last)
    {
        using var any = session.Prepare("SELECT 1 FROM job_lease WHERE shard = ? AND id BETWEEN ? AND ? LIMIT 1")
            .Bind(1, shard).Bind(2, first).Bind(3, last);
        return any.Read();
    }

    /// <summary>The view of a row of <see cref="JobWithEnd"/>.</summary>
    private JobView View(SqliteSession session, SqliteStatement row)
    {
        var id = row.Id(0);
        var end = row.IsNull(7) ? (JobEnd?)null : new JobEnd(
            id, (JobState)row.Int(7), row.Int(8), row.TimeOrNull(9), row.Time(10), default,
            row.TextOrNull(11), row.TextOrNull(12), row.TextOrNull(13));
        var attempts = end is null ? SqliteJobSql.Tally(session, id) : default;
        return attempts.View(id, row.Text(1), SqliteJobSql.ReadOptions(row, 2) ?? JobOptions.Default, end, Now);
    }
}
