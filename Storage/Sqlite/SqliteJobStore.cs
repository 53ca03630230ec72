using System.Globalization;
using System.Text.Json;
using Hearth.Jobs;
using Microsoft.Data.Sqlite;
using static Hearth.Storage.Sqlite.SqliteDatabase;

namespace Hearth.Storage.Sqlite;

/// <summary>Jobs on SQLite.</summary>
public sealed class SqliteJobStore(SqliteDatabase database) : IJobStore
{
    public Task<JobSubmitted> AcceptAsync(JobRow job, JobKey? key) => database.WriteAsync(connection =>
    {
        if (key is not null && FindKey(connection, key, job.AcceptedAt) is { } known)
            return known;
        Execute(
            connection,
            "INSERT INTO job (id, shard, function, content_type, parameters, lenient, input, accepted_at) "
            + "VALUES ($id, $shard, $function, $type, $parameters, $lenient, $input, $at)",
            ("$id", job.Id.ToString()), ("$shard", job.Shard), ("$function", job.Spec.Function), ("$type", job.Spec.ContentType),
            ("$parameters", JsonSerializer.Serialize(job.Spec.Parameters)), ("$lenient", job.Spec.Lenient ? 1 : 0), ("$input", job.Spec.Input),
            ("$at", Milliseconds(job.AcceptedAt)));
        if (key is not null)
        {
            Execute(
                connection, "INSERT OR REPLACE INTO job_key (hash, id, body_hash, accepted_at) VALUES ($hash, $id, $body, $at)",
                ("$hash", key.Hash), ("$id", job.Id.ToString()), ("$body", key.BodyHash), ("$at", Milliseconds(job.AcceptedAt)));
        }

        return new JobSubmitted(job.Id);
    });

    public Task EndAsync(JobEnd end) => Insert(
        "INSERT INTO job_end (id, state, result, content_type, error, started_at, ended_at) VALUES ($id, $state, $result, $type, $error, $started, $ended) "
        + "ON CONFLICT (id) DO NOTHING",
        ("$id", end.Id.ToString()), ("$state", end.State.ToString()), ("$result", end.Result.ToArray()), ("$type", end.ContentType),
        ("$error", end.Error), ("$started", Milliseconds(end.StartedAt)), ("$ended", Milliseconds(end.EndedAt)));

    public Task MarkAsync(JobId id, JobMark mark) => Insert(
        "INSERT INTO job_attempt (id, attempt, kind) SELECT $id, 1 + count(*), $kind FROM job_attempt WHERE id = $id",
        ("$id", id.ToString()), ("$kind", mark.ToString()));

    public Task<IReadOnlyList<OpenJob>> OpenAsync(string shard) => database.ReadAsync<IReadOnlyList<OpenJob>>(connection =>
    {
        using var command = Command(
            connection,
            "SELECT id, function, accepted_at, (SELECT count(*) FROM job_attempt a WHERE a.id = job.id AND kind = 'Started'), "
            + "(SELECT coalesce(sum(iif(kind = 'Started', 1, -1)), 0) FROM job_attempt a WHERE a.id = job.id) FROM job "
            + "WHERE shard = $shard AND NOT EXISTS (SELECT 1 FROM job_end e WHERE e.id = job.id) ORDER BY id",
            ("$shard", shard));
        using var reader = command.ExecuteReader();
        var open = new List<OpenJob>();
        while (reader.Read())
            open.Add(new OpenJob(Id(reader, 0), reader.GetString(1), Time(reader.GetValue(2)), reader.GetInt32(3), reader.GetInt32(4)));
        return open;
    });

    public Task<JobSpec?> SpecAsync(JobId id) => One(
        "SELECT function, content_type, input, parameters, lenient FROM job WHERE id = $id", id,
        row => new JobSpec(
            row.GetString(0), row.GetString(1), (byte[])row.GetValue(2),
            JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(3))!, row.GetInt32(4) != 0));

    public Task<JobView?> FindAsync(JobId id) => One(
        "SELECT function, accepted_at, state, started_at, ended_at, error, e.content_type FROM job LEFT JOIN job_end e USING (id) WHERE id = $id", id,
        row => row.IsDBNull(2)
            ? new JobView(id, row.GetString(0), JobState.Ready, Time(row.GetValue(1)))
            : new JobView(
                id, row.GetString(0), State(row, 2), Time(row.GetValue(1)), Time(row.GetValue(3)), Time(row.GetValue(4)), Text(row, 5), Text(row, 6)));

    public Task<JobEnd?> FindEndAsync(JobId id) => One(
        "SELECT state, result, content_type, error, started_at, ended_at FROM job_end WHERE id = $id", id,
        row => new JobEnd(
            id, State(row, 0), (byte[])row.GetValue(1), Text(row, 2), Text(row, 3), Time(row.GetValue(4)), Time(row.GetValue(5))));

    private static JobId Id(SqliteDataReader row, int column) => new(Guid.ParseExact(row.GetString(column), "N"));

    private static JobState State(SqliteDataReader row, int column) => Enum.Parse<JobState>(row.GetString(column));

    private static string? Text(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture);

    private Task Insert(string sql, params (string Name, object? Value)[] parameters) =>
        database.WriteAsync(connection => Execute(connection, sql, parameters));

    private static int Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static JobSubmitted? FindKey(SqliteConnection connection, JobKey key, DateTimeOffset now)
    {
        using var command = Command(
            connection, "SELECT id, body_hash FROM job_key WHERE hash = $hash AND accepted_at > $after",
            ("$hash", key.Hash), ("$after", Milliseconds(now - JobKey.Window)));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new JobSubmitted(Id(reader, 0), IsRepeat: true, IsOtherBody: reader.GetString(1) != key.BodyHash) : null;
    }

    private Task<T?> One<T>(string sql, JobId id, Func<SqliteDataReader, T> read)
        where T : class => database.ReadAsync(connection =>
    {
        using var command = Command(connection, sql, ("$id", id.ToString()));
        using var reader = command.ExecuteReader();
        return reader.Read() ? read(reader) : null;
    });
}
