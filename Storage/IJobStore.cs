using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>A job's row: stored before the job is acknowledged, never changed.</summary>
public sealed record JobRow(JobId Id, string Shard, JobSpec Spec, DateTimeOffset AcceptedAt);

/// <summary>A job that has no end yet, without its payload.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Function">What it runs.</param>
/// <param name="AcceptedAt">When it was stored.</param>
/// <param name="Starts">How often it was started since it was first recovered.</param>
/// <param name="StartMarks">How often a recovered job was started and neither ended nor returned: each is a process that died with it.</param>
public sealed record OpenJob(JobId Id, string Function, DateTimeOffset AcceptedAt, int Starts, int StartMarks);

/// <summary>What is noted of a recovered job, to tell one that kills its silo.</summary>
public enum JobMark
{
    Started,
    Returned,
}

/// <summary>
/// Jobs, insert only: one row when accepted, one when ended. Every task completes after the commit; when it fails with
/// <see cref="StoreUnavailableException"/>, nothing was acknowledged.
/// </summary>
public interface IJobStore
{
    /// <summary>Stores a job and its key in one commit; when the key is known, stores nothing and answers the job that has it.</summary>
    Task<JobSubmitted> AcceptAsync(JobRow job, JobKey? key);

    /// <summary>Stores the end of a job. A second end of the same job changes nothing.</summary>
    Task EndAsync(JobEnd end);

    /// <summary>Notes that a recovered job is about to start, or was handed back unharmed.</summary>
    Task MarkAsync(JobId id, JobMark mark);

    /// <summary>The jobs of a shard that have not ended, oldest first.</summary>
    Task<IReadOnlyList<OpenJob>> OpenAsync(string shard);

    /// <summary>The job's specification with its input, or null.</summary>
    Task<JobSpec?> SpecAsync(JobId id);

    /// <summary>The job as its rows tell, or null; an open one is shown as ready.</summary>
    Task<JobView?> FindAsync(JobId id);

    /// <summary>The stored end with its result, or null.</summary>
    Task<JobEnd?> FindEndAsync(JobId id);
}

/// <summary>The store cannot be reached or cannot write now: nothing was changed, and the caller may try again.</summary>
public sealed class StoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
