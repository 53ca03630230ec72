using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Storage.Contracts;

namespace Hearth.Tests.Storage.PostgreSql;

public sealed class PostgreSqlScheduleStoreTests : ScheduleStoreContract
{
    private PostgresWorld world = null!;

    protected override async Task<(IScheduleStore Schedules, IJobStore Jobs)> OpenAsync()
    {
        world = await PostgresWorld.NewAsync();
        return (new PostgreSqlScheduleStore(await world.OpenDatabaseAsync()), await world.OpenAsync());
    }

    protected override async Task CloseAsync() => await world.DisposeAsync();
}
