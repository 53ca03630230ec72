using System.Diagnostics;
using Hearth.Tests.Support;

namespace Hearth.Tests.Examples;

/// <summary>The service of the README and the tutorial, built and run as a newcomer does.</summary>
public sealed class GreetTests
{
    private static readonly string Root = FindRoot();

    private static string Program => Path.Combine(Root, "docs", "examples", "greet", "Program.cs");

    [Fact]
    public async Task Ten_lines_are_a_service()
    {
        Assert.InRange((await File.ReadAllLinesAsync(Program)).Length, 1, 10);
        using var folder = new TempFolder();
        await BuildAsync(folder["out"]);
        await using var silo = await SiloProcess.StartAssemblyAsync(Path.Combine(folder["out"], "Hearth.greet.dll"), folder["data"]);
        using var http = silo.CreateClient();
        Assert.Equal("""{"text":"Hello, Ada!"}""", (await http.CallAsync("greet", """{"name":"Ada"}""")).Is(200).Text);
        Assert.Equal("Hello, Ada!", (await http.CallAsync("greet", "<value><name>Ada</name></value>", "application/xml", ("Accept", "application/xml"))).Is(200).Xml["text"]!.InnerText);
        Assert.Equal("$", (await http.CallAsync("greet", "{}")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
        Assert.Equal("""{"text":"Hello, Ada!"}""", (await http.CallAsync("greet", """{"name":"Ada"}""", headers: ("Prefer", "wait=20"))).Is(200).Text);
        var listed = (await http.FetchAsync("/v1/functions")).Json.GetProperty("functions");
        Assert.Equal("greet", Assert.Single(listed.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(0, await silo.StopAsync());
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/tutorial.md")]
    [InlineData("docs/first-ten-minutes.md")]
    public async Task The_documents_show_the_program_that_is_built(string document) =>
        Assert.Contains((await File.ReadAllTextAsync(Program)).Trim(), await File.ReadAllTextAsync(Path.Combine(Root, document)), StringComparison.Ordinal);

    /// <summary>What it references is built already: this test's own build made it.</summary>
    private static async Task BuildAsync(string output)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(Program)! };
        foreach (var argument in new[] { "build", "-c", "Release", "-o", output, "-v", "quiet", "-p:UseSharedCompilation=false", "-nodeReuse:false" })
            start.ArgumentList.Add(argument);
        using var build = Process.Start(start)!;
        var printed = build.StandardOutput.ReadToEndAsync();
        var errors = build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, await printed + await errors);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
