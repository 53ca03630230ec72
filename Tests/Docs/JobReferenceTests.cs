using System.Diagnostics;
using System.Text.RegularExpressions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/jobs.md, followed to the letter.</summary>
public sealed class JobReferenceTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_examples_answer_what_the_reference_shows()
    {
        var job = "";
        var count = 0;
        foreach (var (command, promised) in ConsoleBlocks.Of(await ReadAsync("docs/reference/jobs.md")))
        {
            var output = await RunAsync(command.Replace("localhost:8080", silo.Process.Address.Authority, StringComparison.Ordinal), job);
            Assert.True(ConsoleBlocks.Matches(promised, output), $"{command}\n{output}\ninstead of\n{promised}");
            job = Regex.Match(output, "/v1/jobs/[0-9a-f]{32}", RegexOptions.NonBacktracking) is { Success: true } found ? found.Value : job;
            count++;
        }

        Assert.True(count > 15, $"{count} examples");
    }

    [Fact]
    public async Task Every_problem_of_the_source_is_listed()
    {
        var listed = await ReadAsync("docs/reference/problems.md");
        var source = await ReadAsync("Silo/Api/Http/Problems.cs");
        var slugs = Regex.Matches(source, "\"(?<slug>[a-z-]+)\", [345][0-9][0-9],", RegexOptions.NonBacktracking).Select(m => m.Groups["slug"].Value).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(slugs.Count > 25, $"{slugs.Count} problems");
        Assert.All(slugs, slug => Assert.Contains($"`{slug}`", listed, StringComparison.Ordinal));
    }

    private static async Task<string> RunAsync(string command, string job)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        start.Environment["job"] = job;
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await shell.WaitForExitAsync();
        return output;
    }

    private static Task<string> ReadAsync(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent!;
        return File.ReadAllTextAsync(Path.Combine(folder.FullName, path));
    }
}
