using System.Diagnostics;
using System.Text.RegularExpressions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/workers.md, followed to the letter.</summary>
public sealed class WorkerReferenceTests
{
    [Fact]
    public async Task The_examples_answer_what_the_reference_shows()
    {
        using var folder = new TempFolder();
        var reference = await File.ReadAllTextAsync(Path.Combine(Repository.Folder, "docs/reference/workers.md"));
        var manifest = Regex.Match(reference, "```json\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.NonBacktracking).Groups["text"].Value;
        var manifests = Directory.CreateDirectory(Path.Combine(folder["data"], "functions")).FullName;
        await File.WriteAllTextAsync(Path.Combine(manifests, "ocr.json"), manifest);
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        var (id, count) = ("", 0);
        foreach (var (command, promised) in ConsoleBlocks.Of(reference))
        {
            var output = await RunAsync(command.Replace("localhost:8080", silo.Address.Authority, StringComparison.Ordinal), id);
            Assert.True(ConsoleBlocks.Matches(promised, output), $"{command}\n{output}\ninstead of\n{promised}");
            id = Regex.Match(output, "\"id\":\"(?<id>[0-9a-f]{32})\"", RegexOptions.NonBacktracking) is { Success: true } found ? found.Groups["id"].Value : id;
            count++;
        }

        Assert.True(count > 6, $"{count} examples");
    }

    private static async Task<string> RunAsync(string command, string id)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        start.Environment["id"] = id;
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await shell.WaitForExitAsync();
        return output;
    }
}
