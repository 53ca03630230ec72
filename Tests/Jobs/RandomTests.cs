using System.Globalization;
using Hearth.Storage;
using Hearth.Storage.InMemory;

namespace Hearth.Tests.Jobs;

/// <summary>The same random operations over every store. HEARTH_SEED runs one seed, HEARTH_SEEDS so many.</summary>
public abstract class RandomTests
{
    private const int Steps = 200;

    private static readonly TimeSpan SeedMax = TimeSpan.FromMinutes(2);

    private static readonly int Count = Number("HEARTH_SEEDS") ?? 12;

    private protected abstract IJobStore Open(TimeProvider clock);

    [Fact]
    public async Task Every_accepted_job_ends_once_and_nothing_else_runs()
    {
        var first = Number("HEARTH_SEED") ?? Random.Shared.Next();
        for (var i = 0; i < (Number("HEARTH_SEED") is null ? Count : 1); i++)
        {
            var seed = first + i;
            await using var operations = new RandomOperations(seed, Open);
            try
            {
                await operations.RunAsync(Steps).WaitAsync(SeedMax);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"HEARTH_SEED={seed}: {e.Message}", e);
            }
        }
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}

public sealed class InMemoryRandomTests : RandomTests
{
    private protected override IJobStore Open(TimeProvider clock) => new InMemoryJobStore(clock);
}
