using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.InMemory;

public sealed class InMemorySiloTableTests : SiloTableContract
{
    private readonly ManualTimeProvider clock = new();
    private readonly InMemorySiloTable table;

    public InMemorySiloTableTests() => table = new InMemorySiloTable(clock);

    protected override ISiloTable Table => table;

    protected override IReadOnlyList<(string Id, SiloRowStatus Status)> All => table.All;

    protected override void Pass(TimeSpan time) => clock.Advance(time);
}
