using Hearth.Jobs;

namespace Hearth.Storage.Sqlite;

/// <summary>Schedules on SQLite.</summary>
public sealed class SqliteScheduleStore(SqliteDatabase database, SqliteJobStore jobs, TimeProvider clock) : IScheduleStore
{
    private const string Columns = "id, name, slot, revision, version, definition, state, next_at";
    private const string RunColumns = "tick, cause, outcome, at, job, key, detail";

    public DateTimeOffset Now => StoredTime.Truncate(clock.GetUtcNow());

    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using var row = session.Prepare($"SELECT {Columns} FROM schedule WHERE name = ?").Bind(1, name);
            return row.Read() ? ReadSchedule(row) : null;
        },
        cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ScheduleRow>>(
            session => Schedules(session.Prepare($"SELECT {Columns} FROM schedule WHERE name > ? ORDER BY name LIMIT ?").Bind(1, after ?? "").Bind(2, limit)),
            cancellationToken);

    /// <summary>There is one silo, which has all slots in the end: those of others are rare, and left out here.</summary>
    public Task<IReadOnlyList<ScheduleRow>> DueAsync(
        IReadOnlyList<int> slots, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ScheduleRow>>(
            session => Schedules(session
                .Prepare($"SELECT {Columns} FROM schedule WHERE next_at <= ? AND slot IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT ?")
                .Bind(1, until).Bind(2, $"[{string.Join(',', slots)}]").Bind(3, limit)),
            cancellationToken);

    public Task<bool> CreateAsync(ScheduleRow schedule, CancellationToken cancellationToken) => database.WriteAsync(
        transaction =>
        {
            transaction.Session
                .Prepare(
                    """
                    INSERT INTO schedule (id, name, slot, revision, version, next_at, state, definition) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (name) DO NOTHING
                    """)
                .Bind(1, Text(schedule.Id)).Bind(2, schedule.Name).Bind(3, schedule.Slot).Bind(4, schedule.Revision).Bind(5, schedule.Version)
                .Bind(6, schedule.NextAt).Bind(7, schedule.State.Span).RunWith(8, schedule.Definition.Span);
            return transaction.Session.Changes == 1;
        },
        schedule.Definition.Length).WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<ScheduleChanged>> ChangeAsync(IReadOnlyList<ScheduleChange> changes, CancellationToken cancellationToken)
    {
        var changed = await database.WriteAsync(transaction => changes.Select(change => Change(transaction.Session, change)).ToList());
        foreach (var shard in changed.SelectMany(c => c.Jobs).Select(id => id.Shard).Distinct())
            jobs.RingInbox(shard);
        return changed;
    }

    public Task<bool> DeleteAsync(Guid id, long revision, CancellationToken cancellationToken) => database.WriteAsync(transaction =>
    {
        transaction.Session.Prepare("DELETE FROM schedule WHERE id = ? AND revision = ?").Bind(1, Text(id)).Bind(2, revision).Run();
        if (transaction.Session.Changes != 1)
            return false;
        transaction.Session.Prepare("DELETE FROM schedule_run WHERE schedule = ?").Bind(1, Text(id)).Run();
        return true;
    });

    public Task<IReadOnlyList<ScheduleRunRow>> RunsAsync(Guid id, ScheduleRunPosition? before, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ScheduleRunRow>>(
            session =>
            {
                var runs = new List<ScheduleRunRow>();
                using var row = session
                    .Prepare($"SELECT {RunColumns} FROM schedule_run WHERE schedule = ? AND (tick, cause) < (?, ?) ORDER BY tick DESC, cause DESC LIMIT ?")
                    .Bind(1, Text(id)).Bind(2, before is { } b ? StoredTime.ToMicroseconds(b.Tick) : long.MaxValue)
                    .Bind(3, (long)(before?.Cause ?? TickCause.Trigger)).Bind(4, limit);
                while (row.Read())
                    runs.Add(ReadRun(row));
                return runs;
            },
            cancellationToken);

    public Task<ScheduleRunRow?> FindRunAsync(Guid id, string key, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using var row = session.Prepare($"SELECT {RunColumns} FROM schedule_run WHERE schedule = ? AND key = ?").Bind(1, Text(id)).Bind(2, key);
            return row.Read() ? ReadRun(row) : null;
        },
        cancellationToken);

    public Task<IReadOnlySet<JobId>> OpenAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlySet<JobId>>(session => jobs.Where(id => IsOpen(session, id)).ToHashSet(), cancellationToken);

    public Task ForgetRunsAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(transaction =>
    {
        transaction.Session.Prepare("DELETE FROM schedule_run WHERE tick < ?1 AND at < ?1").Bind(1, before).Run();
        return true;
    });

    private static ScheduleChanged Change(SqliteSession session, ScheduleChange change)
    {
        if (HasKey(session, change))
            return ScheduleChanged.Refused;
        var statement = session
            .Prepare(
                """
                UPDATE schedule SET revision = revision + 1, version = version + ?3, next_at = ?4, state = ?5, definition = coalesce(?6, definition)
                WHERE id = ?1 AND revision = ?2
                """)
            .Bind(1, Text(change.Id)).Bind(2, change.Revision).Bind(3, change.IsNewVersion ? 1 : 0).Bind(4, change.NextAt).Bind(5, change.State.Span);
        if (change.Definition is { } definition)
            statement.Bind(6, definition.Span);
        else
            statement.Bind(6, (long?)null);
        statement.Run();
        if (session.Changes != 1)
            return ScheduleChanged.Refused;
        var stored = new HashSet<JobId>();
        foreach (var run in change.Runs)
        {
            if (Store(session, change.Id, run) && run.Job is { } job)
                stored.Add(job);
        }

        foreach (var post in change.Posts.Where(post => stored.Contains(post.Id)))
            SqliteJobSql.Insert(session.Prepare(SqliteJobSql.InsertInbox), post.Shard, post.Id, post.Spec);
        return new ScheduleChanged(true, [.. change.Posts.Select(post => post.Id).Where(stored.Contains)]);
    }

    private static bool HasKey(SqliteSession session, ScheduleChange change)
    {
        foreach (var run in change.Runs.Where(run => run.Key is not null))
        {
            using var row = session.Prepare("SELECT 1 FROM schedule_run WHERE schedule = ? AND key = ?").Bind(1, Text(change.Id)).Bind(2, run.Key);
            if (row.Read())
                return true;
        }

        return false;
    }

    private static bool Store(SqliteSession session, Guid schedule, ScheduleRunRow run)
    {
        var statement = session
            .Prepare(
                """
                INSERT INTO schedule_run AS s (schedule, tick, cause, outcome, at, job, key, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (schedule, tick, cause) DO UPDATE
                SET outcome = excluded.outcome, at = excluded.at, job = excluded.job, detail = excluded.detail WHERE s.job IS NULL
                """)
            .Bind(1, Text(schedule)).Bind(2, run.Tick).Bind(3, (long)run.Cause).Bind(4, (long)run.Outcome).Bind(5, run.At).Bind(7, run.Key)
            .Bind(8, run.Detail);
        if (run.Job is { } job)
            statement.Bind(6, job);
        else
            statement.Bind(6, (long?)null);
        statement.Run();
        return session.Changes == 1;
    }

    private static bool IsOpen(SqliteSession session, JobId id)
    {
        using var row = session
            .Prepare(
                """
                SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM job_end WHERE shard = ?1 AND id = ?2)
                AND (EXISTS (SELECT 1 FROM job WHERE shard = ?1 AND id = ?2) OR EXISTS (SELECT 1 FROM inbox WHERE shard = ?1 AND id = ?2))
                """)
            .Bind(1, id.Shard).Bind(2, id);
        return row.Read();
    }

    private static List<ScheduleRow> Schedules(SqliteStatement row)
    {
        using (row)
        {
            var schedules = new List<ScheduleRow>();
            while (row.Read())
                schedules.Add(ReadSchedule(row));
            return schedules;
        }
    }

    private static ScheduleRow ReadSchedule(SqliteStatement row) => new(
        Guid.Parse(row.Text(0)), row.Text(1), row.Int(2), row.Long(3), row.Long(4), row.Bytes(5).ToArray(), row.Bytes(6).ToArray(), row.TimeOrNull(7));

    private static ScheduleRunRow ReadRun(SqliteStatement row) => new(
        row.Time(0), (TickCause)row.Int(1), (TickOutcome)row.Int(2), row.Time(3), row.IsNull(4) ? null : row.Id(4), row.TextOrNull(5), row.TextOrNull(6));

    private static string Text(Guid id) => id.ToString("N");
}
