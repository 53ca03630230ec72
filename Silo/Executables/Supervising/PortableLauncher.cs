using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Hearth.Executables;

/// <summary>
/// Where there is no Linux: programs start without limits, and their tree ends as far as .NET can follow it. The start-up line
/// says so.
/// </summary>
internal sealed class PortableLauncher : IRunLauncher
{
    private readonly ConcurrentDictionary<PortableProgram, bool> running = new();

    public Task<IRunningProgram> StartAsync(RunRequest request)
    {
        var start = new ProcessStartInfo(request.Arguments[0], request.Arguments.Skip(1))
        {
            WorkingDirectory = request.Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in request.Environment)
            start.Environment[name] = value;
        try
        {
            var program = new PortableProgram(Process.Start(start)!, ended => running.TryRemove(ended, out _));
            running.TryAdd(program, true);
            return Task.FromResult<IRunningProgram>(program);
        }
        catch (Win32Exception e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public void EndAll()
    {
        foreach (var program in running.Keys)
            program.Kill();
    }

    private sealed class PortableProgram : IRunningProgram
    {
        private readonly Process process;
        private readonly Action<PortableProgram> gone;

        public PortableProgram(Process process, Action<PortableProgram> gone)
        {
            (this.process, this.gone) = (process, gone);
            Ended = EndAsync();
        }

        public Stream Input => process.StandardInput.BaseStream;

        public Stream Output => process.StandardOutput.BaseStream;

        public Stream Error => process.StandardError.BaseStream;

        public Task<RunExit> Ended { get; }

        public void Kill()
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                // It has ended by itself.
            }
        }

        public void Dispose()
        {
            gone(this);
            process.Dispose();
        }

        private async Task<RunExit> EndAsync()
        {
            await process.WaitForExitAsync();
            // .NET tells a signal as 128 and its number, as a shell does.
            var code = process.ExitCode;
            return code is > 128 and < 160 && !OperatingSystem.IsWindows()
                ? new RunExit(0, code - 128, 0, 0, TooManyProcesses: false)
                : new RunExit(code, 0, 0, 0, TooManyProcesses: false);
        }
    }
}
