namespace Hearth.Tests.Cluster;

/// <summary>Each test has silos of its own. All need PostgreSQL: where it is missing they are skipped, and nothing is begun.</summary>
public abstract class SiloGroupTests : IAsyncLifetime
{
    protected SiloGroup Group { get; private set; } = null!;

    public virtual async Task InitializeAsync() => Group = await SiloGroup.NewAsync();

    public async Task DisposeAsync() => await Group.DisposeAsync();
}
