using System.Globalization;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Support;

namespace Hearth.Tests.Jobs;

/// <summary>The same random operations over every store. HEARTH_SEED runs one seed, HEARTH_SEEDS so many.</summary>
public abstract class RandomTests
{
    private const int Steps = 200;

    private static readonly TimeSpan SeedMax = TimeSpan.FromMinutes(5);

    private static readonly int Count = Number("HEARTH_SEEDS") ?? 6;

    /// <summary>A store for one seed.</summary>
    private protected abstract StoreOfSeed Open();

    [Fact]
    public async Task Every_accepted_job_ends_once_and_nothing_else_runs()
    {
        var first = Number("HEARTH_SEED") ?? Random.Shared.Next();
        for (var i = 0; i < (Number("HEARTH_SEED") is null ? Count : 1); i++)
        {
            var seed = first + i;
            await using var store = Open();
            await using var operations = new RandomOperations(seed, store.Create);
            try
            {
                await operations.RunAsync(Steps).WaitAsync(SeedMax);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"HEARTH_SEED={seed}, {operations.Where}: {e.Message}", e);
            }
        }
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}

/// <param name="Create">Makes it.</param>
/// <param name="Close">What is to be done after it.</param>
internal sealed record StoreOfSeed(Func<TimeProvider, IJobStore> Create, Func<ValueTask> Close) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Close();
}

public sealed class InMemoryRandomTests : RandomTests
{
    private protected override StoreOfSeed Open() => new(clock => new InMemoryJobStore(clock), () => ValueTask.CompletedTask);
}

public sealed class SqliteRandomTests : RandomTests
{
    private protected override StoreOfSeed Open()
    {
        var folder = new TempFolder();
        var database = SqliteDatabase.Open(folder["jobs.db"]);
        return new StoreOfSeed(clock => new SqliteJobStore(database, clock), async () =>
        {
            await database.DisposeAsync();
            folder.Dispose();
        });
    }
}
