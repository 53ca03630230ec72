using Hearth.Storage.PostgreSql;
using Npgsql;

namespace Hearth.Jobs;

/// <summary>Submitting inside a transaction of the application's own, on the PostgreSQL database that Hearth uses.</summary>
public static class JobTransactions
{
    /// <summary>Submits a job that is accepted if and only if the transaction commits; it starts within a moment after that.</summary>
    /// <param name="jobs">The silo's.</param>
    /// <param name="queue">The queue's name.</param>
    /// <param name="job">What to run; not unique. Its input is checked as a call's would be.</param>
    /// <param name="transaction">Open, and left open. Its role may need the rights that <see cref="JobInbox"/> tells.</param>
    /// <param name="cancellationToken">Gives up; the transaction can then only be rolled back.</param>
    /// <returns>Its id; there is such a job once the transaction has committed.</returns>
    /// <exception cref="JobRefusedException">The job cannot be run as it is; the message says what to change.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended, or this silo does not use PostgreSQL.</exception>
    public static async Task<JobId> SubmitAsync(
        this IJobSubmitter jobs, string queue, JobSpec job, NpgsqlTransaction transaction, CancellationToken cancellationToken = default)
    {
        if (jobs is not JobSubmitter submitter)
            return await JobInbox.SubmitAsync(transaction, ShardKey.Of(queue), job, cancellationToken);
        submitter.CheckForTransaction(queue, job);
        return await JobInbox.SubmitAsync(transaction, await submitter.ShardOfAsync(queue, job, cancellationToken), job, cancellationToken);
    }
}
