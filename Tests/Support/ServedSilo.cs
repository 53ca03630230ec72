namespace Hearth.Tests.Support;

/// <summary>One silo process shared by the tests of a class; for tests that leave it unharmed.</summary>
public sealed class ServedSilo : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private SiloProcess? silo;

    public HttpClient Http { get; private set; } = null!;

    public SiloProcess Process => silo!;

    public string Data => folder["data"];

    public async Task InitializeAsync()
    {
        silo = await SiloProcess.StartAsync(Data);
        Http = silo.CreateClient();
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await silo!.DisposeAsync();
        folder.Dispose();
    }
}
