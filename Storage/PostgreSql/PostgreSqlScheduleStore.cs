using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql;

/// <summary>Schedules on PostgreSQL: <c>hearth.schedule</c> and <c>hearth.schedule_run</c>.</summary>
public sealed class PostgreSqlScheduleStore(PostgreSqlDatabase database) : IScheduleStore
{
    private static readonly ScheduleRunPosition Newest = new(new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero), TickCause.Trigger);

    public DateTimeOffset Now => database.Clock.Now;

    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var rows = await database.ListAsync(SqlText.ScheduleFind, [Bind.Of(name)], ReadSchedule, cancellationToken);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        await database.ListByKeyAsync(SqlText.ScheduleList, [Bind.Of(after ?? ""), Bind.Of(limit)], ReadSchedule, cancellationToken);

    public async Task<IReadOnlyList<ScheduleRow>> DueAsync(
        IReadOnlyList<int> slots, DateTimeOffset until, int limit, CancellationToken cancellationToken) =>
        await database.ListByKeyAsync(
            SqlText.ScheduleDue, [Bind.OfMany(slots.ToList(), NpgsqlDbType.Integer), Bind.Of(until), Bind.Of(limit)], ReadSchedule, cancellationToken);

    public async Task<bool> CreateAsync(ScheduleRow schedule, CancellationToken cancellationToken) => await database.ExecuteAsync(
        SqlText.ScheduleCreate,
        [
            Bind.Of(schedule.Id), Bind.Of(schedule.Name), Bind.Of(schedule.Slot), Bind.Of(schedule.Revision), Bind.Of(schedule.Version),
            Bind.OfNullable(schedule.NextAt), Bind.Of(schedule.State), Bind.Of(schedule.Definition),
        ],
        cancellationToken) == 1;

    public Task<IReadOnlyList<ScheduleChanged>> ChangeAsync(IReadOnlyList<ScheduleChange> changes, CancellationToken cancellationToken) =>
        database.AskAsync<IReadOnlyList<ScheduleChanged>>(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                // In one order for all, so that two who change the same do not wait for each other.
                var order = changes.Select((change, i) => (change, i)).OrderBy(c => c.change.Id).ToList();
                foreach (var (change, _) in order)
                    Bind.Add(batch, SqlText.ScheduleChange, Parameters(change));
                try
                {
                    return await ReadChangedAsync(batch, [.. order.Select(c => c.i)], token);
                }
                catch (PostgresException e) when (Failures.IsRepeat(e))
                {
                    // Somebody has made a run with the same key meanwhile; all of it was rolled back.
                    return [.. changes.Select(_ => ScheduleChanged.Refused)];
                }
            },
            cancellationToken);

    public async Task<bool> DeleteAsync(Guid id, long revision, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(SqlText.ScheduleDelete, [Bind.Of(id), Bind.Of(revision)], cancellationToken) == 1;

    public async Task<IReadOnlyList<ScheduleRunRow>> RunsAsync(Guid id, ScheduleRunPosition? before, int limit, CancellationToken cancellationToken)
    {
        var from = before ?? Newest with { Cause = TickCause.Trigger };
        return await database.ListAsync(
            SqlText.ScheduleRuns, [Bind.Of(id), Bind.Of(from.Tick), Bind.Of((int)from.Cause), Bind.Of(limit)], ReadRun, cancellationToken);
    }

    public async Task<ScheduleRunRow?> FindRunAsync(Guid id, string key, CancellationToken cancellationToken)
    {
        var rows = await database.ListAsync(SqlText.ScheduleRunByKey, [Bind.Of(id), Bind.Of(key)], ReadRun, cancellationToken);
        return rows.Count == 0 ? null : rows[0];
    }

    public async Task<IReadOnlySet<JobId>> OpenAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellationToken) => (await database.ListAsync(
        SqlText.ScheduleOpen, [Bind.Of(jobs), Bind.OfMany(jobs.Select(id => id.Shard).ToList(), NpgsqlDbType.Integer)],
        reader => new JobId(reader.GetGuid(0)), cancellationToken)).ToHashSet();

    public async Task ForgetRunsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (await database.ExecuteAsync(SqlText.ScheduleForgetRuns, [Bind.Of(before)], cancellationToken) > 0)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task<ScheduleChanged[]> ReadChangedAsync(NpgsqlBatch batch, int[] places, CancellationToken cancellationToken)
    {
        var changed = new ScheduleChanged[places.Length];
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var place in places)
        {
            await reader.ReadAsync(cancellationToken);
            changed[place] = reader.GetInt64(0) == 0
                ? ScheduleChanged.Refused
                : new ScheduleChanged(true, [.. reader.GetFieldValue<Guid[]>(1).Select(id => new JobId(id))]);
            await reader.NextResultAsync(cancellationToken);
        }

        return changed;
    }

    private static NpgsqlParameter[] Parameters(ScheduleChange change) =>
    [
        Bind.Of(change.Id), Bind.Of(change.Revision), Bind.Of(change.State), Bind.OfNullable(change.NextAt),
        new NpgsqlParameter { Value = change.Definition is { } definition ? definition : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
        Bind.Of(change.IsNewVersion ? 1 : 0),
        Many(change.Runs, NpgsqlDbType.TimestampTz, run => run.Tick.UtcDateTime),
        Many(change.Runs, NpgsqlDbType.Smallint, run => (short)run.Cause),
        Many(change.Runs, NpgsqlDbType.Smallint, run => (short)run.Outcome),
        Many(change.Runs, NpgsqlDbType.TimestampTz, run => run.At.UtcDateTime),
        Many(change.Runs, NpgsqlDbType.Uuid, run => run.Job?.Value),
        Many(change.Runs, NpgsqlDbType.Text, run => run.Key),
        Many(change.Runs, NpgsqlDbType.Text, run => StoredText.CleanOrNull(run.Detail)),
        .. Parameters(change.Posts),
    ];

    private static NpgsqlParameter[] Parameters(IReadOnlyList<InboxPost> posts) =>
    [
        Many(posts, NpgsqlDbType.Uuid, post => post.Id.Value),
        Many(posts, NpgsqlDbType.Integer, post => post.Shard),
        Many(posts, NpgsqlDbType.Integer, Checksum),
        Many(posts, NpgsqlDbType.Text, post => StoredText.Clean(post.Spec.Function)),
        Many(posts, NpgsqlDbType.Text, post => StoredText.JobContentType(StoredText.Clean(post.Spec.ContentType))),
        Many(posts, NpgsqlDbType.Bytea, post => post.Spec.Input.ToArray()),
        Many(posts, NpgsqlDbType.TimestampTz, post => post.Spec.Options?.DueAt?.UtcDateTime),
        Many(posts, NpgsqlDbType.TimestampTz, post => post.Spec.Options?.ExpiresAt?.UtcDateTime),
        Many(posts, NpgsqlDbType.Smallint, post => post.Spec.Options is { Priority: not 3 and var priority } ? (short?)priority : null),
        Many(posts, NpgsqlDbType.Text, post => StoredOptions.Write(post.Spec.Options) is { } options ? System.Text.Encoding.UTF8.GetString(options) : null),
        Many(posts, NpgsqlDbType.Text, post => StoredText.Array(post.Spec.Options?.Tags)),
    ];

    private static int Checksum(InboxPost post) => RowChecksum.OfJob(
        post.Id, StoredText.Clean(post.Spec.Function), StoredText.Clean(post.Spec.ContentType), StoredOptions.Write(post.Spec.Options), post.Spec.Input.Span);

    private static NpgsqlParameter Many<TRow, T>(IReadOnlyList<TRow> rows, NpgsqlDbType type, Func<TRow, T> value) =>
        Bind.OfMany(rows.Select(value).ToList(), type);

    private static ScheduleRow ReadSchedule(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetFieldValue<byte[]>(5),
        reader.GetFieldValue<byte[]>(6), Rows.TimeOrNull(reader, 7));

    private static ScheduleRunRow ReadRun(NpgsqlDataReader reader) => new(
        Rows.Time(reader, 0), (TickCause)reader.GetInt16(1), (TickOutcome)reader.GetInt16(2), Rows.Time(reader, 3),
        reader.IsDBNull(4) ? null : new JobId(reader.GetGuid(4)), Rows.TextOrNull(reader, 5), Rows.TextOrNull(reader, 6));
}
