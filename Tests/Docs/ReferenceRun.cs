using System.Diagnostics;
using System.Text.RegularExpressions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>Follows a reference's commands to the letter.</summary>
internal static class ReferenceRun
{
    /// <summary>Runs them in order against a silo; <c>$job</c> is the last job's path that was answered.</summary>
    /// <param name="document">Its path in the repository.</param>
    /// <param name="silo">That is meant by localhost:8080.</param>
    /// <param name="change">What is done to the document before; null: nothing.</param>
    /// <returns>How many there are.</returns>
    public static async Task<int> FollowAsync(string document, SiloProcess silo, Func<string, string>? change = null)
    {
        change ??= text => text;
        var job = "";
        var count = 0;
        foreach (var (command, promised) in ConsoleBlocks.Of(change(await ReadAsync(document))))
        {
            var output = await RunAsync(command.Replace("localhost:8080", silo.Address.Authority, StringComparison.Ordinal), job);
            Assert.True(ConsoleBlocks.Matches(promised, output), $"{command}\n{output}\ninstead of\n{promised}");
            job = Regex.Match(output, "/v1/jobs/[0-9a-f]{32}", RegexOptions.NonBacktracking) is { Success: true } found ? found.Value : job;
            count++;
        }

        return count;
    }

    public static Task<string> ReadAsync(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent!;
        return File.ReadAllTextAsync(Path.Combine(folder.FullName, path));
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
}
