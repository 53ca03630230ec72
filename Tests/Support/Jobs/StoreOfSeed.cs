using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Storage.Sqlite;

namespace Hearth.Tests.Support.Jobs;

/// <summary>A store for one seed.</summary>
/// <param name="Create">Makes it.</param>
/// <param name="Close">What is to be done after it.</param>
internal sealed record StoreOfSeed(Func<TimeProvider, IJobStore> Create, Func<ValueTask> Close) : IAsyncDisposable
{
    public static StoreOfSeed InMemory() => new(clock => new InMemoryJobStore(clock), () => ValueTask.CompletedTask);

    public static StoreOfSeed Sqlite()
    {
        var folder = new TempFolder();
        var database = SqliteDatabase.Open(folder["jobs.db"]);
        return new StoreOfSeed(clock => new SqliteJobStore(database, clock), async () =>
        {
            await database.DisposeAsync();
            folder.Dispose();
        });
    }

    public ValueTask DisposeAsync() => Close();
}
