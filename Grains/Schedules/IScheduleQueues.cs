using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>The queues that schedules submit to.</summary>
internal interface IScheduleQueues
{
    /// <summary>The number of the shard that takes this job of a queue; it is made where it is not there.</summary>
    /// <exception cref="Hearth.Storage.StoreUnavailableException">It cannot take any now.</exception>
    ValueTask<int> ShardAsync(string queue, JobSpec job, CancellationToken cancellationToken);

    /// <summary>Has a job that was posted to its shard's inbox taken in now, so that its submitter finds it. It would be soon by itself.</summary>
    Task TakeInAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>How busy the processors of the pool's machines are on average, which runs a queue's jobs, percent; null where nobody can tell now.</summary>
    ValueTask<int?> LoadAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Cancels a job that was open when it was last looked at, unless it has ended since.</summary>
    /// <exception cref="Hearth.Storage.StoreUnavailableException">It could not be.</exception>
    Task CancelAsync(JobId job, CancellationToken cancellationToken);
}
