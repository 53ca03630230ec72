using Hearth.Tests.Support;

namespace Hearth.Tests.Cli;

/// <summary>How <c>hearth</c> finds a silo and its key, and what it says when it does not.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder folder = new();
    private readonly HearthProgram hearth = new();
    private SiloProcess silo = null!;
    private string key = "";

    private string Url => silo.Address.ToString();

    public async Task InitializeAsync()
    {
        key = (await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]])).Out.Trim();
        silo = await SiloProcess.StartAsync(folder["data"]);
    }

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        hearth.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Without_a_silo_it_says_at_once_how_to_start_one()
    {
        var ran = (await hearth.RunAsync("--url", "http://localhost:1", "status")).Is(3);
        Assert.Contains("Nothing answers at http://localhost:1/", ran.Error, StringComparison.Ordinal);
        Assert.Contains("dotnet run --project Silo", ran.Error, StringComparison.Ordinal);
        (await hearth.RunAsync("--url", "http://localhost:1", "status", "--retry-for", "1s")).Is(3);
        Assert.Contains("not an address of a silo", (await hearth.RunAsync("--url", "localhost:8080", "status")).Is(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_comes_from_the_environment_a_file_or_the_configuration()
    {
        var none = (await hearth.RunAsync("functions", "--url", Url)).Is(4);
        Assert.Contains("HEARTH_API_KEY, --key-file FILE", none.Error, StringComparison.Ordinal);
        var file = hearth.Write("key", key + "\n");
        (await hearth.RunAsync("functions", "--url", Url, "--key-file", file)).Is(0);
        hearth.Configure($$"""{"url": "{{Url}}", "keyFile": "{{file}}"}""", Mine);
        (await hearth.RunAsync("functions")).Is(0);
        hearth.Configure($$"""{"url": "{{Url}}", "key": "{{key}}"}""", Mine);
        (await hearth.RunAsync("functions")).Is(0);
        hearth.Configure("{}", Mine);
        (hearth.Environments["HEARTH_URL"], hearth.Environments["HEARTH_API_KEY"]) = (Url, key);
        (await hearth.RunAsync("functions")).Is(0);
        hearth.Environments["HEARTH_API_KEY"] = key[..^1];
        Assert.Contains("not this silo's", (await hearth.RunAsync("functions")).Is(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_refused_with_the_remedy()
    {
        var file = hearth.Write("key", key, Mine | UnixFileMode.GroupRead);
        Assert.Contains($"chmod 600 {file}", (await hearth.RunAsync("functions", "--url", Url, "--key-file", file)).Is(2).Error, StringComparison.Ordinal);
        var config = hearth.Configure($$"""{"url": "{{Url}}", "key": "{{key}}"}""", Mine | UnixFileMode.OtherRead);
        Assert.Contains($"chmod 600 {config}", (await hearth.RunAsync("functions")).Is(2).Error, StringComparison.Ordinal);
        // Without a key in it, anybody may read it.
        hearth.Configure($$"""{"url": "{{Url}}"}""", Mine | UnixFileMode.OtherRead);
        (await hearth.RunAsync("functions")).Is(4);
    }

    [Fact]
    public async Task The_key_of_the_configuration_goes_to_its_own_silo_only()
    {
        hearth.Configure($$"""{"url": "http://hearth.example:8080", "key": "{{key}}"}""", Mine);
        Assert.Contains("is for http://hearth.example:8080/ only", (await hearth.RunAsync("functions", "--url", Url)).Is(4).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("{\"uri\": \"http://x\"}", "url, key or keyFile")]
    [InlineData("{\"url\": \"x\"}", "'url' in")]
    [InlineData("{\"key\": \"a\", \"keyFile\": \"b\"}", "keep one of them")]
    public async Task A_configuration_that_cannot_be_is_told(string json, string told)
    {
        hearth.Configure(json, Mine);
        Assert.Contains(told, (await hearth.RunAsync("functions")).Is(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_waits_for_a_silo_when_it_is_told_to()
    {
        var port = silo.Address.Port;
        hearth.Environments["HEARTH_API_KEY"] = key;
        await silo.KillAsync();
        using var waiting = hearth.Start("functions", "--url", Url, "--retry-for", "80s");
        var output = waiting.StandardOutput.ReadToEndAsync();
        silo = await SiloProcess.StartAtAsync(port, folder["data"]);
        await waiting.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(0, waiting.ExitCode);
        Assert.Contains("primes", await output, StringComparison.Ordinal);
    }
}
