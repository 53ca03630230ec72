using System.Diagnostics;
using Hearth.Tests.Cli;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>A shell in which <c>hearth</c> is installed and speaks to a silo.</summary>
internal sealed class HearthShell : IDisposable
{
    private readonly TempFolder home = new();
    private readonly Uri silo;
    private readonly string folder;

    /// <param name="silo">Where the silo is.</param>
    /// <param name="folder">In which commands are typed; null: an empty one.</param>
    public HearthShell(Uri silo, string? folder = null)
    {
        (this.silo, this.folder) = (silo, folder ?? home.Path);
        File.WriteAllText(home["hearth"], $"#!/bin/sh\nexec '{HearthProgram.Dotnet}' '{HearthProgram.Assembly}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(home["hearth"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Types a document's commands, and fails where the output is not what it promises.</summary>
    /// <returns>How many there are.</returns>
    public async Task<int> FollowAsync(string document)
    {
        var count = 0;
        foreach (var (command, promised) in ConsoleBlocks.Of(await ReferenceRun.ReadAsync(document)))
        {
            var output = await RunAsync(command);
            Assert.True(ConsoleBlocks.Matches(promised, output), $"{command}\n{output}\ninstead of\n{promised}");
            count++;
        }

        return count;
    }

    public void Dispose() => home.Dispose();

    private async Task<string> RunAsync(string command)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1; {command}"]) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = folder };
        start.Environment["PATH"] = home.Path + ":" + start.Environment["PATH"];
        start.Environment["HOME"] = start.Environment["XDG_CONFIG_HOME"] = home.Path;
        start.Environment["HEARTH_URL"] = silo.ToString();
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await shell.WaitForExitAsync();
        return output;
    }
}
