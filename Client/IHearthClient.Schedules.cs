using System.Text.Json;

namespace Hearth.Client;

public partial interface IHearthClient
{
    /// <summary>Makes a schedule, or gives it another definition.</summary>
    /// <param name="name">Its name: 1 to 64 lower-case letters, digits, dots, dashes or underscores.</param>
    /// <param name="schedule">When, and what.</param>
    /// <param name="ifMatch">Only if it has this <see cref="ScheduleInfo.ETag"/>; <c>*</c>: only if there is one; null: whatever there is.</param>
    /// <param name="cancellationToken">Gives up; whether it was stored is then not known.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> with the field, <c>precondition-failed</c> and others.</exception>
    Task<ScheduleInfo> PutScheduleAsync(string name, NewSchedule schedule, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Makes a schedule, or gives it another definition, as the API takes it; what it has answered can be sent back.</summary>
    /// <param name="name">Its name: 1 to 64 lower-case letters, digits, dots, dashes or underscores.</param>
    /// <param name="definition">The members of docs/reference/schedules.md.</param>
    /// <param name="ifMatch">Only if it has this <see cref="ScheduleInfo.ETag"/>; <c>*</c>: only if there is one; null: whatever there is.</param>
    /// <param name="cancellationToken">Gives up; whether it was stored is then not known.</param>
    /// <exception cref="HearthException"><c>invalid-input</c> with the field, <c>precondition-failed</c> and others.</exception>
    Task<ScheduleInfo> PutScheduleAsync(string name, JsonElement definition, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>A schedule, its state and its next tick.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    Task<ScheduleInfo> GetScheduleAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The schedules, by name. Pages are fetched as they are needed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<ScheduleInfo> ListSchedulesAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes a schedule and the list of its runs; its jobs stay.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up; whether it was deleted is then not known.</param>
    /// <returns>False when there is none.</returns>
    Task<bool> DeleteScheduleAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Pauses a schedule: ticks pass by until it is resumed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="reason">Why; up to 500 characters.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    Task<ScheduleInfo> PauseScheduleAsync(string name, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Lets a schedule tick again, from now on.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    Task<ScheduleInfo> ResumeScheduleAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Submits a schedule's job now, also while it is paused.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">Idempotency key: the same gives the same run; null: one is made up.</param>
    /// <param name="cancellationToken">Gives up; whether it was submitted is then not known.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    Task<ScheduleRun> TriggerScheduleAsync(string name, string? key = null, CancellationToken cancellationToken = default);

    /// <summary>Runs the ticks of a time that have no job; at most 1,000.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="from">The first time whose ticks run.</param>
    /// <param name="to">Before which they run; not in the future.</param>
    /// <param name="oneByOne">Whether each waits for the job before.</param>
    /// <param name="cancellationToken">Gives up; whether jobs were submitted is then not known, and asking again is safe.</param>
    /// <exception cref="HearthException"><c>invalid-input</c>, <c>unknown-schedule</c> and others.</exception>
    Task<ScheduleBackfill> BackfillScheduleAsync(
        string name, DateTimeOffset from, DateTimeOffset to, bool oneByOne = false, CancellationToken cancellationToken = default);

    /// <summary>The next ticks of a schedule, also while it is paused.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">1 to 1,000.</param>
    /// <param name="after">Ticks after this time; null: now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    Task<IReadOnlyList<ScheduleTick>> NextTicksAsync(string name, int count = 10, DateTimeOffset? after = null, CancellationToken cancellationToken = default);

    /// <summary>What became of a schedule's ticks, the latest first; kept for 30 days. Pages are fetched as they are needed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HearthException"><c>unknown-schedule</c> and others.</exception>
    IAsyncEnumerable<ScheduleRun> ListScheduleRunsAsync(string name, CancellationToken cancellationToken = default);
}
