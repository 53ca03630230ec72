using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>
/// Schedules and their runs. Every change of a schedule is conditional on its revision, and is committed together with the runs and the jobs that it
/// makes: of two who tick the same schedule, one is refused.
/// </summary>
/// <remarks>
/// Everything fails with <see cref="StoreUnavailableException"/> when the store does not answer. What changes may have been stored then; the same again
/// is refused in that case, because the revision has moved on.
/// </remarks>
public interface IScheduleStore
{
    /// <summary>Now, on the store's clock. Never asks the store.</summary>
    DateTimeOffset Now { get; }

    /// <summary>A schedule by name, or null.</summary>
    Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Schedules by name, in the order of the bytes.</summary>
    /// <param name="after">Only those behind this name; null: from the first on.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<ScheduleRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Schedules that are to be looked at by a time, the longest due first. Work in proportion to what is answered.</summary>
    /// <param name="slots">Only those of these slots.</param>
    /// <param name="until">The time.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<ScheduleRow>> DueAsync(IReadOnlyList<int> slots, DateTimeOffset until, int limit, CancellationToken cancellationToken);

    /// <summary>Stores a new schedule.</summary>
    /// <returns>False when there is one with this name.</returns>
    Task<bool> CreateAsync(ScheduleRow schedule, CancellationToken cancellationToken);

    /// <summary>Changes schedules, each on its own condition, all in one commit.</summary>
    /// <returns>In the same order: what became of them.</returns>
    Task<IReadOnlyList<ScheduleChanged>> ChangeAsync(IReadOnlyList<ScheduleChange> changes, CancellationToken cancellationToken);

    /// <summary>Forgets a schedule with its runs. Its jobs stay.</summary>
    /// <returns>False when it has another revision, or is not there.</returns>
    Task<bool> DeleteAsync(Guid id, long revision, CancellationToken cancellationToken);

    /// <summary>Runs of a schedule, the latest tick first.</summary>
    /// <param name="id">The schedule.</param>
    /// <param name="before">Only those before this one in that order; null: from the first on.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<ScheduleRunRow>> RunsAsync(Guid id, ScheduleRunPosition? before, int limit, CancellationToken cancellationToken);

    /// <summary>The run that was made with a key, or null.</summary>
    Task<ScheduleRunRow?> FindRunAsync(Guid id, string key, CancellationToken cancellationToken);

    /// <summary>Those of some jobs that have not ended, those still in the inbox among them.</summary>
    Task<IReadOnlySet<JobId>> OpenAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellationToken);

    /// <summary>Forgets runs that were made before a time; a tick of long ago that was run lately, in a backfill, stays.</summary>
    Task ForgetRunsAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
