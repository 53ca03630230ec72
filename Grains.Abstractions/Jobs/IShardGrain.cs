namespace Hearth.Jobs;

/// <summary>Owns the jobs of one shard: the single writer of their rows. Key: <c>{pool}/{queue}/{n}</c>.</summary>
[Alias("hearth.shard")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Key of the only shard there is so far.</summary>
    const string Default = "default/default/0";

    /// <summary>Stores a job; it is committed when this returns. With a key that is known, answers the job that has it.</summary>
    Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key);

    /// <summary>What is known of an open job that is in this shard's memory, or null: it has ended or never was.</summary>
    Task<JobView?> FindOpenAsync(JobId id);

    /// <summary>Completes when the job has ended, or at once if it is not open.</summary>
    [ResponseTimeout("00:10:00")]
    Task WaitAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>A pump has started a job.</summary>
    Task StartedAsync(JobId id);

    /// <summary>A pump that stops hands back a job that it had started; this costs no attempt.</summary>
    Task ReturnAsync(JobId id);

    /// <summary>A pump delivers a job's end; it is committed when this returns. Repeats are harmless.</summary>
    Task EndAsync(JobEnd end);

    /// <summary>Makes sure that the shard is in memory and its open jobs run.</summary>
    Task WakeAsync();
}
