namespace Hearth.Tests.Support.Jobs;

/// <summary>
/// Tests on a <see cref="JobWorld"/> of their own. xunit 2 ends what is <see cref="IAsyncLifetime"/>; on tests it knows no IAsyncDisposable, and the silos of
/// such would live on until the process ends.
/// </summary>
public abstract class JobWorldTests : IAsyncLifetime
{
    private protected readonly JobWorld world = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await world.DisposeAsync();
}
