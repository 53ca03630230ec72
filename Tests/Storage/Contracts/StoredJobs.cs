using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>The data of a store, which outlives those who open it; and what a test may do behind their backs.</summary>
public abstract class StoredJobs : IAsyncDisposable
{
    /// <summary>Opens the data as a process does that has just started. What was opened before is closed first.</summary>
    public abstract Task<IJobStore> OpenAsync();

    /// <summary>Takes the shard over as another process would, while the store stays open.</summary>
    /// <returns>The stranger's claim.</returns>
    public abstract Task<ShardClaim> ClaimAsStrangerAsync(string shard);

    /// <summary>Changes a byte of the stored input.</summary>
    public abstract Task DamageInputAsync(JobId id);

    /// <summary>Changes a byte of the stored result.</summary>
    public abstract Task DamageResultAsync(JobId id);

    /// <summary>Leaves the store as one who dies in the middle of writing a checkpoint; of many ids, so that a part of it is stored.</summary>
    public abstract Task WritePartOfCheckpointAsync(ShardCheckpoint checkpoint);

    /// <summary>Changes a byte of the stored checkpoint, where the store guards against that; else does nothing.</summary>
    public virtual Task DamageCheckpointAsync(int shard) => Task.CompletedTask;

    /// <summary>Lets time pass for the store.</summary>
    public abstract Task PassAsync(TimeSpan time);

    public abstract ValueTask DisposeAsync();
}
