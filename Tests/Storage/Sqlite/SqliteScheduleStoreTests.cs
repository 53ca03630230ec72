using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

public sealed class SqliteScheduleStoreTests : ScheduleStoreContract
{
    private readonly TempFolder folder = new();
    private SqliteDatabase database = null!;

    protected override Task<(IScheduleStore Schedules, IJobStore Jobs)> OpenAsync()
    {
        database = SqliteDatabase.Open(folder["jobs.db"]);
        var jobs = new SqliteJobStore(database, TimeProvider.System);
        return Task.FromResult<(IScheduleStore, IJobStore)>((new SqliteScheduleStore(database, jobs, TimeProvider.System), jobs));
    }

    protected override async Task CloseAsync()
    {
        await database.DisposeAsync();
        folder.Dispose();
    }
}
