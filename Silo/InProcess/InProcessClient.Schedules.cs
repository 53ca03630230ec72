using System.Text.Json;
using Hearth.Client;
using Hearth.Client.Http;

namespace Hearth.InProcess;

internal sealed partial class InProcessClient
{
    public Task<ScheduleInfo> PutScheduleAsync(string name, NewSchedule schedule, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        schedules.PutAsync(name, ScheduleWriter.Of(schedule), ifMatch, cancellationToken);

    public Task<ScheduleInfo> PutScheduleAsync(string name, JsonElement definition, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        schedules.PutAsync(name, JobWriter.Bytes(definition.WriteTo), ifMatch, cancellationToken);

    public Task<ScheduleInfo> GetScheduleAsync(string name, CancellationToken cancellationToken = default) => schedules.GetAsync(name, cancellationToken);

    public IAsyncEnumerable<ScheduleInfo> ListSchedulesAsync(CancellationToken cancellationToken = default) => schedules.ListAsync(cancellationToken);

    public Task<bool> DeleteScheduleAsync(string name, CancellationToken cancellationToken = default) => schedules.DeleteAsync(name, cancellationToken);

    public Task<ScheduleInfo> PauseScheduleAsync(string name, string? reason = null, CancellationToken cancellationToken = default) =>
        schedules.PauseAsync(name, reason, cancellationToken);

    public Task<ScheduleInfo> ResumeScheduleAsync(string name, CancellationToken cancellationToken = default) => schedules.ResumeAsync(name, cancellationToken);

    public Task<ScheduleRun> TriggerScheduleAsync(string name, string? key = null, CancellationToken cancellationToken = default) =>
        schedules.TriggerAsync(name, key, cancellationToken);

    public Task<ScheduleBackfill> BackfillScheduleAsync(
        string name, DateTimeOffset from, DateTimeOffset to, bool oneByOne = false, CancellationToken cancellationToken = default) =>
        schedules.BackfillAsync(name, from, to, oneByOne, cancellationToken);

    public Task<IReadOnlyList<ScheduleTick>> NextTicksAsync(
        string name, int count = 10, DateTimeOffset? after = null, CancellationToken cancellationToken = default) =>
        schedules.NextAsync(name, count, after, cancellationToken);

    public IAsyncEnumerable<ScheduleRun> ListScheduleRunsAsync(string name, CancellationToken cancellationToken = default) => schedules.RunsAsync(name, cancellationToken);
}
