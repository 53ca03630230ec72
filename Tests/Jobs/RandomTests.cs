using System.Globalization;
using Hearth.Tests.Support.Jobs;

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

public sealed class InMemoryRandomTests : RandomTests
{
    private protected override StoreOfSeed Open() => StoreOfSeed.InMemory();
}

public sealed class SqliteRandomTests : RandomTests
{
    private protected override StoreOfSeed Open() => StoreOfSeed.Sqlite();
}
