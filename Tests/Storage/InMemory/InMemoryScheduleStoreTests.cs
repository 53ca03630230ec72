using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Storage.Contracts;

namespace Hearth.Tests.Storage.InMemory;

public sealed class InMemoryScheduleStoreTests : ScheduleStoreContract
{
    protected override Task<(IScheduleStore Schedules, IJobStore Jobs)> OpenAsync()
    {
        var jobs = new InMemoryJobStore(TimeProvider.System);
        return Task.FromResult<(IScheduleStore, IJobStore)>((new InMemoryScheduleStore(jobs), jobs));
    }

    protected override Task CloseAsync() => Task.CompletedTask;
}
