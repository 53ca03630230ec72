using System.Text;
using Hearth.Jobs;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>
/// Submits jobs inside a transaction of the application's, on the database that Hearth uses: they are accepted if and only if it commits.
/// Its role needs USAGE on the schema <c>hearth</c> and EXECUTE on <c>hearth.shard_number</c> and <c>hearth.submit</c>; in SQL,
/// <c>SELECT hearth.submit('default/mail/0', 'send', '{"to":"x"}')</c> does the same.
/// </summary>
public static class JobInbox
{
    /// <summary>Submits a job; two round trips on the transaction's connection.</summary>
    /// <param name="transaction">Open; left open.</param>
    /// <param name="shard">Key of the shard, <c>{pool}/{queue}/{n}</c>; made with the first submission, until whose commit it cannot be claimed.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Gives up; the transaction can then only be rolled back.</param>
    /// <returns>Its id; there is such a job once the transaction has committed.</returns>
    public static Task<JobId> SubmitAsync(NpgsqlTransaction transaction, string shard, JobSpec job, CancellationToken cancellationToken = default) =>
        SubmitAsync(transaction.Connection ?? throw new InvalidOperationException("The transaction has ended."), shard, job, cancellationToken);

    /// <summary>Submits a job in the transaction that the connection is in, or in one of its own.</summary>
    /// <inheritdoc cref="SubmitAsync(NpgsqlTransaction, string, JobSpec, CancellationToken)"/>
    public static async Task<JobId> SubmitAsync(NpgsqlConnection connection, string shard, JobSpec job, CancellationToken cancellationToken = default)
    {
        var (number, now) = await ShardAsync(connection, shard, cancellationToken);
        var id = InboxIds.Create(now, number);
        var function = StoredText.Clean(job.Function);
        var contentType = StoredText.Clean(job.ContentType);
        var asked = job.Options ?? JobOptions.Default;
        var options = StoredOptions.Write(job.Options);
        await using var submit = PostgreSqlDatabase.Command(
            connection, SqlText.Submit, Bind.Of(shard), Bind.Of(function), Bind.Of(job.Input), Bind.Of(contentType), Bind.Of((int)asked.Priority),
            Bind.OfNullable(asked.DueAt ?? id.At + asked.Delay), Bind.OfNullable(asked.ExpiresAt ?? id.At + asked.ExpireAfter),
            Bind.OfNullable(StoredText.Array(asked.Tags)), Bind.OfNullable(options is null ? null : Encoding.UTF8.GetString(options)), Bind.Of(id),
            Bind.Of(RowChecksum.OfJob(id, function, contentType, options, job.Input.Span)));
        await submit.ExecuteNonQueryAsync(cancellationToken);
        return id;
    }

    private static async Task<(int Number, DateTimeOffset Now)> ShardAsync(NpgsqlConnection connection, string shard, CancellationToken cancellationToken)
    {
        await using var command = PostgreSqlDatabase.Command(connection, SqlText.SubmitShard, Bind.Of(shard));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.IsDBNull(0)
            ? throw new StoreUnavailableException($"The shard {shard} was made by another transaction that this one cannot see: try again in a new one.")
            : (reader.GetInt32(0), Rows.Time(reader, 1));
    }
}
