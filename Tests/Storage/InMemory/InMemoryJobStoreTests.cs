using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.InMemory;

public sealed class InMemoryJobStoreTests : JobStoreContract
{
    protected override Task<StoredJobs> NewAsync() => Task.FromResult<StoredJobs>(new InMemoryJobs());
}

/// <summary>The object is the data: who opens it anew gets the same.</summary>
internal sealed class InMemoryJobs : StoredJobs
{
    private readonly ManualTimeProvider clock = new();
    private readonly InMemoryJobStore store;

    public InMemoryJobs() => store = new InMemoryJobStore(clock);

    public override Task<IJobStore> OpenAsync() => Task.FromResult<IJobStore>(store);

    public override Task<ShardClaim> ClaimAsStrangerAsync(string shard) => store.ClaimAsync(shard, "stranger", isPlanned: false, CancellationToken.None);

    public override Task DamageInputAsync(JobId id)
    {
        store.Damage(id);
        return Task.CompletedTask;
    }

    public override Task DamageResultAsync(JobId id) => DamageInputAsync(id);

    public override Task WritePartOfCheckpointAsync(ShardCheckpoint checkpoint) => Task.CompletedTask;

    public override async Task PassAsync(TimeSpan time)
    {
        clock.Advance(time);
        await Task.Yield();
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
