using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>A job's row: stored before the job is acknowledged, never changed. Delay and ExpireAfter have become times.</summary>
public readonly record struct JobRow(JobId Id, JobSpec Spec);

/// <summary>What a key is for. Numbers are stored.</summary>
public enum JobKeyKind
{
    Idempotency = 1,
    Unique = 2,
}

/// <summary>A key and the job that has it.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Hash">SHA-256; 32 bytes.</param>
/// <param name="Id">The (first) job.</param>
/// <param name="Count">How many jobs the request had; their ids follow each other.</param>
/// <param name="BodyHash">SHA-256 of the request; empty for unique keys.</param>
public readonly record struct JobKeyRow(JobKeyKind Kind, ReadOnlyMemory<byte> Hash, JobId Id, int Count, ReadOnlyMemory<byte> BodyHash);

/// <summary>What is noted of an attempt that did not end its job. Numbers are stored.</summary>
public enum AttemptKind
{
    /// <summary>A recovered job is about to start; unless another row of the attempt follows, the silo died with it.</summary>
    Started = 1,

    /// <summary>Handed back unharmed, or with a time for the next, snoozed: costs nothing.</summary>
    Returned = 2,

    /// <summary>Failed; another follows.</summary>
    Failed = 3,
}

/// <summary>A row about an attempt.</summary>
/// <param name="Id">The job.</param>
/// <param name="Attempt">1 and up; no two attempts of a job have the same.</param>
/// <param name="Kind">What is noted.</param>
/// <param name="At">When.</param>
/// <param name="StartedAt">When the attempt started; for Failed and Returned.</param>
/// <param name="RetryAt">When the next may start; for Failed, and for Returned when the attempt was snoozed.</param>
/// <param name="Error">Why it failed, or was snoozed.</param>
/// <param name="ErrorType">Short name of the error.</param>
public readonly record struct JobAttemptRow(
    JobId Id, int Attempt, AttemptKind Kind, DateTimeOffset At,
    DateTimeOffset? StartedAt = null, DateTimeOffset? RetryAt = null, string? Error = null, string? ErrorType = null);

/// <summary>A lease of a worker outside of the cluster, or a renewal of one: the newest row of an attempt counts.</summary>
/// <param name="Id">The job.</param>
/// <param name="Attempt">The attempt that was handed out; no other has the same number.</param>
/// <param name="Number">1 for the lease, and up for its renewals.</param>
/// <param name="StartedAt">When the attempt was handed out.</param>
/// <param name="Until">When it fails, unless it has ended or been renewed by then.</param>
/// <param name="Worker">The worker's name.</param>
public readonly record struct JobLeaseRow(JobId Id, int Attempt, int Number, DateTimeOffset StartedAt, DateTimeOffset Until, string Worker);

/// <summary>What a note tells. Numbers are stored.</summary>
public enum NoteKind
{
    Progress = 1,
    Log = 2,

    /// <summary>What an attempt has saved for the next.</summary>
    Detail = 3,
}

/// <summary>Something that a run said of itself. Takes the place of the note with its number, unless that is of a later attempt.</summary>
/// <param name="Id">The job.</param>
/// <param name="Number">Its place within the job; 1 and up.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Attempt">The attempt that said it.</param>
/// <param name="At">When.</param>
/// <param name="Text">What it tells, mostly as JSON.</param>
public readonly record struct JobNoteRow(JobId Id, int Number, NoteKind Kind, int Attempt, DateTimeOffset At, string Text);

/// <summary>
/// Starts that an owner allowed itself before it used them: whoever owns the shard next counts them, each as if at <paramref name="At"/>. The counts of a
/// scope and time add up; a negative one gives back.
/// </summary>
/// <param name="Scope">What they count for.</param>
/// <param name="At">The latest time at which they start.</param>
/// <param name="Count">How many.</param>
/// <param name="KeptUntil">When they do not matter any more.</param>
public readonly record struct PermitRow(Guid Scope, DateTimeOffset At, int Count, DateTimeOffset KeptUntil);

/// <summary>A submission to another shard that is to exist if and only if this write does.</summary>
/// <param name="Shard">The shard's number.</param>
/// <param name="Id">The job's id; minted by <see cref="InboxIds"/>.</param>
/// <param name="Spec">The job.</param>
public readonly record struct InboxPost(int Shard, JobId Id, JobSpec Spec);

/// <summary>Rows of one shard that are committed together.</summary>
public sealed class ShardWrite(int shard, long epoch)
{
    public int Shard { get; } = shard;

    /// <summary>The owner's epoch; if the shard's is another, nothing is written.</summary>
    public long Epoch { get; } = epoch;

    /// <summary>Accepted jobs, ids ascending; those that are stored already (from the inbox) are passed over.</summary>
    public ReadOnlyMemory<JobRow> Jobs { get; init; }

    public ReadOnlyMemory<JobKeyRow> Keys { get; init; }

    /// <summary>Ends; of a job that has one already, the first stays.</summary>
    public ReadOnlyMemory<JobEnd> Ends { get; init; }

    public ReadOnlyMemory<JobAttemptRow> Attempts { get; init; }

    public ReadOnlyMemory<JobNoteRow> Notes { get; init; }

    public ReadOnlyMemory<JobLeaseRow> Leases { get; init; }

    public ReadOnlyMemory<InboxPost> Posts { get; init; }

    public ReadOnlyMemory<PermitRow> Permits { get; init; }
}

/// <summary>What was said of a job between acceptance and end.</summary>
public sealed record JobHistory(IReadOnlyList<JobAttemptRow> Attempts, IReadOnlyList<JobNoteRow> Notes);

/// <summary>A submission found in the inbox.</summary>
/// <param name="Job">The job; its id was minted with the submission.</param>
/// <param name="IsStored">It has a row in <c>job</c> already.</param>
public readonly record struct InboxRow(JobRow Job, bool IsStored);

/// <param name="Rows">What was found; at most 10,000.</param>
/// <param name="Position">Where to read on.</param>
/// <param name="HasMore">Whether there is more right now.</param>
public sealed record InboxPage(IReadOnlyList<InboxRow> Rows, long Position, bool HasMore);
