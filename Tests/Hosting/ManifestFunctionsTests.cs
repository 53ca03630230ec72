using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Hosting;

/// <summary>Executables beside the functions of the code, in one silo.</summary>
public sealed class ManifestFunctionsTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Functions => Path.Combine(folder["data"], "functions");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_name_of_the_code_stays_the_codes_and_the_manifest_is_told()
    {
        Write("wordcount", new { command = "/bin/false" });
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        Assert.Equal(2, (await http.CallAsync("wordcount", "a b", "text/plain")).Is(200).Json.GetProperty("words").GetInt32());
        Assert.Equal("code", (await http.FetchAsync("/v1/functions/wordcount")).Json.GetProperty("source").GetString());
        await IsToldAsync(http, "wordcount", "give it another name");
    }

    [Fact]
    public async Task A_route_of_the_code_stays_the_codes_and_the_manifest_is_told()
    {
        Write("mine", new { command = "/bin/cat", route = "/primes/{n}", method = "GET" });
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        Assert.Equal(4, (await http.FetchAsync("/primes/10")).Is(200).Json.GetProperty("count").GetInt32());
        (await http.CallAsync("mine", "x", "text/plain")).IsProblem(404, "unknown-function");
        await IsToldAsync(http, "mine", "'primes'");
    }

    [Fact]
    public async Task A_constraint_that_routing_does_not_know_costs_the_manifest_only()
    {
        Write("odd", new { command = "/bin/cat", route = "/odd/{n:banana}" });
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        (await http.CallAsync("wordcount", "a b", "text/plain")).Is(200);
        await IsToldAsync(http, "odd", "/odd/{n:banana}");
    }

    [Fact]
    public async Task A_connection_that_is_not_configured_is_told_with_the_remedy()
    {
        Write("needs", new { command = "/bin/cat", connections = new[] { "nowhere" } });
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        (await http.CallAsync("needs", "x", "text/plain")).IsProblem(404, "unknown-function");
        await IsToldAsync(http, "needs", "--connection nowhere=");
    }

    [Fact]
    public async Task A_manifest_that_comes_and_goes_takes_its_route_with_it()
    {
        Directory.CreateDirectory(Functions);
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        (await http.AskAsync("POST", "/shout", "a"u8.ToArray())).IsProblem(404, "not-found");
        Write("shout", new { command = "/bin/cat", route = "/shout", method = "POST" });
        await BecomesAsync(http, 200);
        Assert.Equal("a", (await http.AskAsync("POST", "/shout", "a"u8.ToArray())).Text);
        Assert.True((await http.FetchAsync("/openapi/v1.json")).Json.GetProperty("paths").TryGetProperty("/shout", out _));
        File.Delete(Path.Combine(Functions, "shout.json"));
        await BecomesAsync(http, 404);
        Assert.False((await http.FetchAsync("/openapi/v1.json")).Json.GetProperty("paths").TryGetProperty("/shout", out _));
    }

    /// <summary>In the list, and by readiness.</summary>
    private static async Task IsToldAsync(HttpClient http, string function, string says)
    {
        var mistakes = (await http.FetchAsync("/v1/functions")).Is(200).Json.GetProperty("mistakes").EnumerateArray().Select(m => m.GetString()!).ToList();
        var mistake = Assert.Single(mistakes);
        Assert.Contains(function, mistake, StringComparison.Ordinal);
        Assert.Contains(says, mistake, StringComparison.Ordinal);
        var ready = (await http.FetchAsync("/health/ready")).Is(200).Json;
        Assert.Equal("degraded", ready.GetProperty("status").GetString());
        Assert.Equal(mistake, ready.GetProperty("reasons")[0].GetString());
    }

    private static async Task BecomesAsync(HttpClient http, int status)
    {
        for (var i = 0; i < 500 && (await http.AskAsync("POST", "/shout", "a"u8.ToArray())).Status != status; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        (await http.AskAsync("POST", "/shout", "a"u8.ToArray())).Is(status);
    }

    private void Write(string name, object manifest)
    {
        Directory.CreateDirectory(Functions);
        File.WriteAllText(Path.Combine(Functions, name + ".json"), JsonSerializer.Serialize(manifest));
    }
}
