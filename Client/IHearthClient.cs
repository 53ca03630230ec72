namespace Hearth.Client;

/// <summary>
/// Hearth as its callers see it: functions, jobs and objects. <see cref="HearthClient"/> talks to a silo over HTTP; inside a silo the same interface
/// is injected and goes without. Thread-safe.
/// </summary>
/// <remarks>
/// What Hearth refuses, or fails to do, is a <see cref="HearthException"/> with the problem that was answered; where nobody answers, a
/// <see cref="HearthUnreachableException"/>. A request that can be repeated without harm is repeated, with growing pauses and as <c>Retry-After</c> asks,
/// for <see cref="HearthClientOptions.RetryFor"/>: reads, cancellations, and submissions, which get an idempotency key if they have none. Calls and
/// operations of objects are repeated only after answers that say that they were not run.
/// </remarks>
public partial interface IHearthClient
{
    /// <summary>Calls a function and waits for its output. Nothing is stored: use a job for what has to survive a crash.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="input">Its input; <see cref="Payload.None"/> for none.</param>
    /// <param name="parameters">The function's declared parameters; null: their defaults.</param>
    /// <param name="cancellationToken">Goes away: the run is cancelled.</param>
    /// <returns>The output; <see cref="Payload.None"/> where the function has none.</returns>
    /// <exception cref="HearthException"><c>function-failed</c>, <c>timeout</c>, <c>invalid-input</c>, <c>unknown-function</c> and others.</exception>
    Task<Payload> CallAsync(
        string function, Payload input, IReadOnlyDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default);

    /// <summary>Submits a job. Once answered it is stored, and will be run at least once.</summary>
    /// <param name="queue">The queue's name; a queue is made by its first job.</param>
    /// <param name="job">What to run.</param>
    /// <param name="key">
    /// Idempotency key, 1 to 255 printable ASCII characters: for 24 hours the same key and job give the same job. Null: one is made up for this
    /// submission, so that repeating it after a lost connection is safe.
    /// </param>
    /// <param name="cancellationToken">Gives up; whether the job is stored is then not known.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> with the field, <c>queue-full</c>, <c>key-reused</c> and others.</exception>
    Task<SubmittedJob> SubmitAsync(string queue, NewJob job, string? key = null, CancellationToken cancellationToken = default);

    /// <summary>Submits jobs, whole or not at all; those that are unique one by one.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="jobs">1 to 10,000, at most 64 MiB.</param>
    /// <param name="key">
    /// Idempotency key of all together; null: one is made up. Several jobs of which one is unique have none, and are not repeated when nobody knows
    /// whether they are stored.
    /// </param>
    /// <param name="cancellationToken">Gives up; whether the jobs are stored is then not known.</param>
    /// <returns>What became of them, in their order.</returns>
    /// <exception cref="HearthException"><c>invalid-input</c>, whose field begins with the job's index, as <c>[3].input.upTo</c>, and others.</exception>
    Task<IReadOnlyList<SubmittedJob>> SubmitManyAsync(
        string queue, IReadOnlyList<NewJob> jobs, string? key = null, CancellationToken cancellationToken = default);

    /// <summary>Where a job stands.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-job</c> and others.</exception>
    Task<Job> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Waits for a job's end, however it ends.</summary>
    /// <param name="id">The job.</param>
    /// <param name="atMost">For how long; null: until it has ended.</param>
    /// <param name="cancellationToken">Gives up; the job goes on.</param>
    /// <returns>The job as it stands then; <see cref="Job.HasEnded"/> tells whether the time was up first.</returns>
    /// <exception cref="HearthException"><c>unknown-job</c> and others; that the job failed is none.</exception>
    Task<Job> WaitAsync(string id, TimeSpan? atMost = null, CancellationToken cancellationToken = default);

    /// <summary>Waits for a job's end and gives its result.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Gives up; the job goes on.</param>
    /// <returns>The result; <see cref="Payload.None"/> where there is none.</returns>
    /// <exception cref="HearthException"><c>job-failed</c>, <c>job-cancelled</c>, <c>unknown-job</c> and others.</exception>
    Task<Payload> ResultAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job: once answered, no attempt starts any more, and one that runs is told to stop.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Gives up; whether it was cancelled is then not known.</param>
    /// <exception cref="HearthException"><c>job-ended</c>: it had ended otherwise before; <c>unknown-job</c> and others.</exception>
    Task<Job> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Runs a failed or cancelled job again, at once, as a new job.</summary>
    /// <param name="id">The ended job.</param>
    /// <param name="key">Idempotency key as of a submission; null: one is made up.</param>
    /// <param name="cancellationToken">Gives up; whether it was re-driven is then not known.</param>
    /// <returns>The new job, whose <see cref="Job.RedriveOf"/> is <paramref name="id"/>.</returns>
    /// <exception cref="HearthException"><c>job-open</c>, <c>job-succeeded</c>, <c>unknown-job</c> and others.</exception>
    Task<Job> RedriveAsync(string id, string? key = null, CancellationToken cancellationToken = default);

    /// <summary>All attempts of a job and the waits between them.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-job</c> and others.</exception>
    Task<JobTimeline> GetTimelineAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Forgets an ended job, with its result, attempts and log. Its idempotency key stays known.</summary>
    /// <param name="id">The ended job.</param>
    /// <param name="cancellationToken">Gives up; whether it was deleted is then not known.</param>
    /// <exception cref="HearthException"><c>job-open</c>, <c>unknown-job</c> and others.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Counts the jobs that <see cref="ActAsync"/> would act on.</summary>
    /// <param name="action">What would be done.</param>
    /// <param name="filter">To which jobs; its page size does not count.</param>
    /// <param name="all">A filter without a condition is meant.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> and others.</exception>
    Task<JobCount> CountAsync(JobAction action, JobQuery filter, bool all = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Acts on all jobs that match and were accepted before. It is done by a job of its own, which is followed, waited for and cancelled as any
    /// other; its result is a <see cref="JobActionReport"/>.
    /// </summary>
    /// <param name="action">What is done.</param>
    /// <param name="filter">To which jobs; its page size does not count.</param>
    /// <param name="all">A filter without a condition is meant.</param>
    /// <param name="key">Idempotency key as of a submission; null: one is made up.</param>
    /// <param name="cancellationToken">Gives up; whether the job is stored is then not known.</param>
    /// <returns>The job that does it.</returns>
    /// <exception cref="HearthException"><c>invalid-input</c>, also where a filter has no condition; <c>key-reused</c> and others.</exception>
    Task<Job> ActAsync(JobAction action, JobQuery filter, bool all = false, string? key = null, CancellationToken cancellationToken = default);

    /// <summary>Finds jobs, newest first. Pages are fetched as they are needed.</summary>
    /// <param name="query">Which; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> and others.</exception>
    IAsyncEnumerable<Job> QueryAsync(JobQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// What has happened to a job and happens, until its end. After a cut connection it goes on behind the last event that came; only events without
    /// an id, which tell the state of the moment, may come twice.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="after">Only what follows the event with this id; null: all.</param>
    /// <param name="cancellationToken">Stops following; the job goes on.</param>
    /// <exception cref="HearthException"><c>unknown-job</c> and others.</exception>
    IAsyncEnumerable<JobEvent> EventsAsync(string id, string? after = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// What happens to a queue's jobs from now on, without end: <c>following</c> once nothing is missed any more, then <c>accepted</c>, <c>attempt-failed</c>,
    /// <c>attempt-snoozed</c>, <c>attempt-returned</c> and <c>end</c>, and <c>gap</c> where something may have been missed. It reconnects as
    /// <see cref="EventsAsync"/> does.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="after">Only what follows the event with this id, as far as it is still known; null: from now on.</param>
    /// <param name="cancellationToken">Stops following.</param>
    /// <exception cref="HearthException"><c>unknown-queue</c> and others.</exception>
    IAsyncEnumerable<JobEvent> QueueEventsAsync(string queue, string? after = null, CancellationToken cancellationToken = default);

    /// <summary>Runs an operation of an object. What it changed is stored before it is answered.</summary>
    /// <param name="name">The kind of object.</param>
    /// <param name="key">Which one: 1 to 512 characters.</param>
    /// <param name="operation">The operation's name.</param>
    /// <param name="input">Its input; <see cref="Payload.None"/> for none.</param>
    /// <param name="cancellationToken">Goes away: an operation that has not begun is not run, one that runs is cancelled.</param>
    /// <exception cref="HearthException"><c>operation-failed</c>, <c>outcome-unknown</c>, <c>unknown-operation</c> and others.</exception>
    Task<Payload> OperateAsync(string name, string key, string operation, Payload input, CancellationToken cancellationToken = default);

    /// <summary>The stored state of an object, as JSON.</summary>
    /// <param name="name">The kind of object.</param>
    /// <param name="key">Which one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when nothing is stored of it.</returns>
    /// <exception cref="HearthException"><c>unknown-object</c> and others.</exception>
    Task<Payload?> GetStateAsync(string name, string key, CancellationToken cancellationToken = default);

    /// <summary>Deletes the stored state of an object; it begins anew.</summary>
    /// <param name="name">The kind of object.</param>
    /// <param name="key">Which one.</param>
    /// <param name="cancellationToken">Gives up; whether it was deleted is then not known.</param>
    /// <returns>False when nothing was stored of it.</returns>
    /// <exception cref="HearthException"><c>unknown-object</c> and others.</exception>
    Task<bool> DeleteStateAsync(string name, string key, CancellationToken cancellationToken = default);

    /// <summary>The objects of a kind that have a state, in the order of their keys' bytes. Pages are fetched as they are needed.</summary>
    /// <param name="name">The kind of object.</param>
    /// <param name="prefix">Only keys that begin so; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-object</c> and others.</exception>
    IAsyncEnumerable<StateInfo> ListStatesAsync(string name, string? prefix = null, CancellationToken cancellationToken = default);

    /// <summary>The functions that are served, by name.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<FunctionInfo>> ListFunctionsAsync(CancellationToken cancellationToken = default);

    /// <summary>One function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-function</c>, with the names that are near as choices.</exception>
    Task<FunctionInfo> GetFunctionAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The queues and how many jobs are open in them, by name.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken = default);

    /// <summary>What went wrong in a queue: its failed jobs, and those that are retried, grouped by error.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="filter">Of which jobs: its function, tag, times and error count; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The errors of the newest jobs; at least 200 of them or all.</returns>
    /// <exception cref="HearthException"><c>unknown-queue</c>, <c>invalid-input</c> and others.</exception>
    Task<QueueErrors> GetErrorsAsync(string queue, JobQuery? filter = null, CancellationToken cancellationToken = default);

    /// <summary>One queue, with its definition and the ETag of that.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-queue</c> and others.</exception>
    Task<QueueInfo> GetQueueAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Stores a queue's definition in place of the one before; once answered it counts everywhere.</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="definition">
    /// Written as JSON, camel case: an anonymous object, <see cref="System.Text.Json.JsonElement"/> or a type of yours with the members that docs/reference/queues.md lists; durations
    /// are texts such as <c>30s</c>.
    /// </param>
    /// <param name="ifMatch">Only if this is the ETag of what is stored; null: whatever is.</param>
    /// <param name="cancellationToken">Gives up; whether it was stored is then not known.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> with the field, <c>precondition-failed</c> and others.</exception>
    Task<QueueInfo> PutQueueAsync(string name, object definition, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Changes members of a queue's definition; null takes one back (RFC 7396).</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="patch">Written as JSON, camel case.</param>
    /// <param name="ifMatch">Only if this is the ETag of what is stored; null: whatever is.</param>
    /// <param name="cancellationToken">Gives up; whether it was stored is then not known.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> with the field, <c>precondition-failed</c> and others.</exception>
    Task<QueueInfo> PatchQueueAsync(string name, object patch, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a queue's stored definition: code, configuration and defaults count again. Its jobs stay.</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="ifMatch">Only if this is the ETag of what is stored; null: whatever is.</param>
    /// <param name="cancellationToken">Gives up; whether it was deleted is then not known.</param>
    /// <exception cref="HearthException"><c>precondition-failed</c> and others.</exception>
    Task DeleteQueueAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Starts no attempt of a queue's jobs any more; those that run go on, and submissions are taken.</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="cancellationToken">Gives up; whether it is paused is then not known.</param>
    Task<QueueInfo> PauseQueueAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Starts a queue's jobs again.</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="cancellationToken">Gives up; whether it goes on is then not known.</param>
    Task<QueueInfo> ResumeQueueAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Lets a queue's jobs start that wait because runs have asked for it or because its circuit breaker is open, which closes it.</summary>
    /// <param name="name">The queue's name.</param>
    /// <param name="cancellationToken">Gives up; whether it goes on is then not known.</param>
    /// <exception cref="HearthException"><c>unknown-queue</c> and others.</exception>
    Task<QueueInfo> EndBackOffAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The silos that live, by name.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<SiloInfo>> ListSilosAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the silo that answers can serve calls and jobs.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<HealthInfo> GetHealthAsync(CancellationToken cancellationToken = default);
}
