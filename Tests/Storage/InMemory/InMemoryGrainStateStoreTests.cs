using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Storage.Contracts;

namespace Hearth.Tests.Storage.InMemory;

public sealed class InMemoryGrainStateStoreTests : GrainStateStoreContract
{
    protected override Task<IGrainStateStore> OpenAsync() => Task.FromResult<IGrainStateStore>(new InMemoryGrainStateStore(TimeProvider.System));

    protected override Task CloseAsync() => Task.CompletedTask;
}
