using System.Diagnostics;
using Hearth.Tests.Cli;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/cli.md, followed to the letter.</summary>
public sealed class CliReferenceTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_examples_print_what_the_reference_shows()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["hearth"], $"#!/bin/sh\nexec '{HearthProgram.Dotnet}' '{HearthProgram.Assembly}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder["hearth"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var count = 0;
        foreach (var (command, promised) in ConsoleBlocks.Of(await ReferenceRun.ReadAsync("docs/reference/cli.md")))
        {
            var output = await RunAsync(command, folder.Path);
            Assert.True(ConsoleBlocks.Matches(promised, output), $"{command}\n{output}\ninstead of\n{promised}");
            count++;
        }

        Assert.True(count > 12, $"{count} examples");
    }

    private async Task<string> RunAsync(string command, string folder)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1; {command}"]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["PATH"] = folder + ":" + start.Environment["PATH"];
        start.Environment["HOME"] = start.Environment["XDG_CONFIG_HOME"] = folder;
        start.Environment["HEARTH_URL"] = silo.Process.Address.ToString();
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await shell.WaitForExitAsync();
        return output;
    }
}
