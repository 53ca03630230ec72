using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;

namespace Hearth.Queues;

/// <summary>What decides to which of a queue's shards a request's jobs belong.</summary>
public static class JobRoute
{
    /// <summary>
    /// Evenly spread bytes for <see cref="QueueGeneration.KeyFor"/>: of a job alone its unique key, else its key (<see cref="JobOptions.Key"/>), else the
    /// idempotency key; of several jobs that of the request.
    /// </summary>
    /// <returns>Null: any shard may have them.</returns>
    public static ReadOnlyMemory<byte>? HashOf(ReadOnlySpan<JobSpec> jobs, JobKey? key) => (jobs is [var one] ? HashOf(one) : null) ?? key?.Hash;

    /// <summary>The same of a job without an idempotency key.</summary>
    public static ReadOnlyMemory<byte>? HashOf(JobSpec job)
    {
        if (job.Options?.Unique is not null)
            return UniqueKey.HashOf(job);
        if (job.Options?.Key is { } key)
            return SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return null;
    }
}
