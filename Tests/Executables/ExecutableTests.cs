namespace Hearth.Tests.Executables;

/// <summary>Tests with a world of their own each: a supervisor, a folder, a log.</summary>
public abstract class ExecutableTests : IAsyncLifetime, IAsyncDisposable
{
    internal ExecutableWorld World { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await World.DisposeAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
