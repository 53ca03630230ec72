namespace Hearth.Tests.Support;

/// <summary>One process of the misbehaving functions, shared by the tests of a class.</summary>
public sealed class MisbehavingSilo : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private SiloProcess? silo;

    public HttpClient Http { get; private set; } = null!;

    public SiloProcess Process => silo!;

    public async Task InitializeAsync()
    {
        silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        Http = silo.CreateClient();
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await silo!.DisposeAsync();
        folder.Dispose();
    }

    public Task OpenGateAsync(string gate) => Http.CallAsync("open", $$"""{"name":"{{gate}}"}""");
}
