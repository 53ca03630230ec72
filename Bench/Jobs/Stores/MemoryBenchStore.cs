using Hearth.Jobs;
using Hearth.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth.Bench.Jobs;

/// <summary>No store: shows what the silo itself costs.</summary>
internal sealed class MemoryBenchStore : BenchStore
{
    private readonly TempFolder folder = new();
    private DiscardingJobStore store = new();

    public override string Name => "memory";

    public override string[] SiloArguments => ["--data", folder["data"]];

    public override void Configure(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<IJobStore>(store));
        // There is nothing to read a payload from that was not kept.
        services.Replace(ServiceDescriptor.Singleton(new PayloadBudget(long.MaxValue)));
    }

    public override StoreCounters CountersOf(IJobStore store) => ((DiscardingJobStore)store).Counters;

    public override async Task ResetAsync()
    {
        await store.DisposeAsync();
        store = new DiscardingJobStore();
    }

    public override Task<(long Jobs, long Ends)> CountAsync() => Task.FromResult((store.Jobs, store.Ends));

    public override async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }
}
