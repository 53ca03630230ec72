using System.ComponentModel;
using System.Diagnostics;

namespace Hearth.Bench.Peers;

/// <summary>A program that ends with this run at the latest.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process process;

    private Child(Process process) => this.process = process;

    public int ExitCode => process.ExitCode;

    public static Child Start(ProcessStartInfo start)
    {
        var child = new Child(Process.Start(start)!);
        Servers.Add(child);
        return child;
    }

    /// <summary>What a program says, when it is done.</summary>
    /// <exception cref="InvalidOperationException">It is not installed, failed, or took too long.</exception>
    public static async Task<string> OutputAsync(TimeSpan patience, string? folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder ?? "",
        };
        try
        {
            using var child = Start(start);
            var (output, error) = await child.ReadAsync(patience);
            return child.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed: {error.Trim()}{output.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} is not installed", e);
        }
    }

    /// <summary>All that it writes, until it ends.</summary>
    public async Task<(string Output, string Error)> ReadAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            return (await output, await error);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"It was not done within {patience.TotalMinutes:0} minutes.", e);
        }
    }

    public void Dispose()
    {
        if (!Servers.Remove(this))
            return;
        process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
