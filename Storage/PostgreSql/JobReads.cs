using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql;

/// <summary>Reads jobs by id and by key.</summary>
internal sealed class JobReads(PostgreSqlDatabase database)
{
    public async Task<IReadOnlyList<JobRow>> JobsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : await database.ListAsync(SqlText.ReadJobs, ByIds(shard, ids), reader => Rows.Job(reader), cancellationToken);

    public async Task<IReadOnlyList<JobLeaseRow>> LeasesAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : await database.ListAsync(
            SqlText.Leases, ByIds(shard, ids),
            reader => new JobLeaseRow(
                new JobId(reader.GetGuid(0)), reader.GetInt32(1), reader.GetInt32(2), Rows.Time(reader, 3), Rows.Time(reader, 4), reader.GetString(5)),
            cancellationToken);

    public async Task<IReadOnlyList<PermitRow>> PermitsAsync(int shard, CancellationToken cancellationToken) => await database.ListAsync(
        SqlText.Permits, [Bind.Of(shard), Bind.Of(database.Clock.Now)],
        reader => new PermitRow(reader.GetGuid(0), Rows.Time(reader, 1), reader.GetInt32(2), Rows.Time(reader, 3)), cancellationToken);

    public async Task<IReadOnlyList<JobKeyRow>> KeysAsync(
        int shard, JobKeyKind kind, IReadOnlyList<ReadOnlyMemory<byte>> hashes, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (hashes.Count == 0)
            return [];
        NpgsqlParameter[] parameters =
        [
            Bind.Of(shard), new NpgsqlParameter<short> { TypedValue = (short)kind }, Bind.OfMany(hashes.ToList(), NpgsqlDbType.Bytea),
            Bind.Of(StoredTime.FirstIdSince(since)),
        ];
        return await database.ListAsync(
            SqlText.FindKeys, parameters,
            reader => new JobKeyRow(
                kind, reader.GetFieldValue<byte[]>(0), new JobId(reader.GetGuid(1)), reader.GetInt32(2), reader.GetFieldValue<byte[]>(3)),
            cancellationToken);
    }

    public async Task<JobView?> ViewAsync(JobId id, CancellationToken cancellationToken)
    {
        var found = await ViewsAsync(id.Shard, [id], cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Those found, in any order.</summary>
    public async Task<List<JobView>> ViewsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken)
    {
        var found = await database.ListAsync(SqlText.Views, ByIds(shard, ids), Viewed, cancellationToken);
        var open = found.Where(job => job.End is null).Select(job => job.Id).ToList();
        var attempts = open.Count == 0 ? [] : await AttemptsAsync(shard, open, cancellationToken);
        var tallies = attempts.GroupBy(row => row.Id).ToDictionary(rows => rows.Key, AttemptTally.Of);
        var now = database.Clock.Now;
        return [.. found.Select(job => tallies.GetValueOrDefault(job.Id).View(job.Id, job.Function, job.Options, job.End, now))];
    }

    public async Task<JobEnd?> EndAsync(JobId id, CancellationToken cancellationToken)
    {
        var found = await database.ListAsync(SqlText.FindEnd, [Bind.Of(id.Shard), Bind.Of(id)], End, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async Task<JobHistory> HistoryAsync(JobId id, CancellationToken cancellationToken)
    {
        var attempts = await AttemptsAsync(id.Shard, [id], cancellationToken);
        var notes = await database.ListAsync(SqlText.Notes, [Bind.Of(id.Shard), Bind.Of(id)], Note, cancellationToken);
        return new JobHistory(attempts, notes);
    }

    public async Task<JobNoteRow?> NoteAsync(JobId id, int number, CancellationToken cancellationToken)
    {
        var found = await database.ListAsync(SqlText.Note, [Bind.Of(id.Shard), Bind.Of(id), Bind.Of(number)], Note, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async Task<IReadOnlyList<JobAttemptRow>> AttemptsAsync(JobId id, CancellationToken cancellationToken) =>
        await AttemptsAsync(id.Shard, [id], cancellationToken);

    private static JobNoteRow Note(NpgsqlDataReader reader) => new(
        new JobId(reader.GetGuid(0)), reader.GetInt32(1), (NoteKind)reader.GetInt16(2), reader.GetInt32(3), Rows.Time(reader, 4), reader.GetString(5));

    private Task<List<JobAttemptRow>> AttemptsAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken) => database.ListAsync(
        SqlText.Attempts, ByIds(shard, ids),
        reader => new JobAttemptRow(
            new JobId(reader.GetGuid(0)), reader.GetInt32(1), (AttemptKind)reader.GetInt16(2), Rows.Time(reader, 3), Rows.TimeOrNull(reader, 4),
            Rows.TimeOrNull(reader, 5), Rows.TextOrNull(reader, 6), Rows.TextOrNull(reader, 7)),
        cancellationToken);

    private static NpgsqlParameter[] ByIds(int shard, IReadOnlyList<JobId> ids) =>
        [Bind.Of(shard), Bind.Of(ids), Bind.Of(ids.Min()), Bind.Of(ids.Max())];

    private static JobEnd End(NpgsqlDataReader reader)
    {
        var id = new JobId(reader.GetGuid(0));
        var end = new JobEnd(
            id, (JobState)reader.GetInt16(2), reader.GetInt32(3), Rows.TimeOrNull(reader, 4), Rows.Time(reader, 5), reader.GetFieldValue<byte[]>(9),
            StoredText.ReadEndContentType(Rows.TextOrNull(reader, 6)), Rows.TextOrNull(reader, 7), Rows.TextOrNull(reader, 8));
        return reader.GetInt32(1) == RowChecksum.OfEnd(id, end.State, end.ContentType, end.Error, end.Result.Span)
            ? end
            : throw new CorruptRowException($"The end of job {id} is damaged: its checksum is wrong.");
    }

    private static (JobId Id, string Function, JobOptions Options, JobEnd? End) Viewed(NpgsqlDataReader reader)
    {
        var id = new JobId(reader.GetGuid(0));
        var options = StoredOptions.Read(
            Rows.Options(reader, 5), Rows.Priority(reader, 2), Rows.TimeOrNull(reader, 3), Rows.TimeOrNull(reader, 4), Rows.Tags(reader, 6));
        JobEnd? end = reader.IsDBNull(7)
            ? null
            : new JobEnd(
                id, (JobState)reader.GetInt16(7), reader.GetInt32(8), Rows.TimeOrNull(reader, 9), Rows.Time(reader, 10), default,
                StoredText.ReadEndContentType(Rows.TextOrNull(reader, 13)), Rows.TextOrNull(reader, 11), Rows.TextOrNull(reader, 12));
        return (id, reader.GetString(1), options ?? JobOptions.Default, end);
    }
}
