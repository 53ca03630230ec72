namespace Hearth.Jobs;

/// <summary>
/// Submits jobs from inside a silo: have it injected into functions, endpoints and services of an application that hosts Hearth. What is
/// answered as accepted is stored. Clients elsewhere use HTTP.
/// </summary>
/// <example>
/// <code>
/// builder.AddFunction("order", async (Order order, IJobSubmitter jobs) =>
///     (await jobs.SubmitAsync("mail", JobSpec.Of("send-mail", new Mail(order.Customer)), key: "mail " + order.Id)).Id.ToString());
/// </code>
/// </example>
public interface IJobSubmitter
{
    /// <summary>Stores a job.</summary>
    /// <param name="queue">The queue's name; a queue is made by its first job.</param>
    /// <param name="job">What to run. Its input is checked as a call's would be.</param>
    /// <param name="key">Idempotency key, 1 to 255 printable ASCII characters: for 24 hours the same key and job give the same job.</param>
    /// <returns>
    /// What became of it: <see cref="SubmitOutcome.Accepted"/>, <see cref="SubmitOutcome.Repeat"/> and <see cref="SubmitOutcome.Duplicate"/>
    /// come with an id; <see cref="SubmitOutcome.OtherBody"/>, <see cref="SubmitOutcome.InProgress"/> and
    /// <see cref="SubmitOutcome.QueueFull"/> are refusals.
    /// </returns>
    /// <exception cref="JobRefusedException">The job cannot be run as it is; the message says what to change.</exception>
    /// <exception cref="ArgumentException">The queue's name or the key cannot be one.</exception>
    /// <remarks>
    /// Fails with <c>StoreUnavailableException</c> when nothing was stored, and with <c>OutcomeUnknownException</c> when that is not known after
    /// 10 s: submit again with the same key.
    /// </remarks>
    Task<JobSubmitted> SubmitAsync(string queue, JobSpec job, string? key = null);

    /// <summary>Stores jobs, whole or not at all; those that are unique one by one.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="jobs">1 to <see cref="JobLimits.RequestJobsMax"/>.</param>
    /// <param name="key">Idempotency key of all together; not with unique jobs, unless there is but one.</param>
    /// <exception cref="JobRefusedException">One of the jobs cannot be run as it is; the message says which and what to change.</exception>
    /// <exception cref="ArgumentException">The queue's name, the key or the number of jobs cannot be.</exception>
    /// <inheritdoc cref="SubmitAsync" path="/remarks"/>
    Task<JobsSubmitted> SubmitManyAsync(string queue, IReadOnlyList<JobSpec> jobs, string? key = null);
}

/// <summary>A job cannot be run as it was asked for.</summary>
/// <param name="mistake">What is wrong.</param>
public sealed class JobRefusedException(JobMistake mistake) : ArgumentException($"{mistake.Field}: {mistake.Detail}")
{
    /// <summary>What is wrong.</summary>
    public JobMistake Mistake { get; } = mistake;
}
