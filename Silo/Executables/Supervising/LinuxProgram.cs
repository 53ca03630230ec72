using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Executables;

/// <summary>A started program, its pipes, and what its tree has used so far.</summary>
internal sealed class LinuxProgram : IRunningProgram
{
    private readonly TaskCompletionSource<RunExit> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<LinuxProgram> kill;
    private double cpuSeconds;
    private long memoryBytesMax;

    private LinuxProgram(RunRequest request, int pid, int input, int output, int error, Action<LinuxProgram> kill)
    {
        (Request, Pid, this.kill) = (request, pid, kill);
        Input = new AnonymousPipeClientStream(PipeDirection.Out, new SafePipeHandle(input, ownsHandle: true));
        Output = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(output, ownsHandle: true));
        Error = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(error, ownsHandle: true));
    }

    public RunRequest Request { get; }

    /// <summary>Process, group and session at once.</summary>
    public int Pid { get; }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    public Task<RunExit> Ended => ended.Task;

    public bool TooManyProcesses { get; set; }

    public static LinuxProgram Start(RunRequest request, Action<LinuxProgram> kill)
    {
        var (input, output, error) = (Posix.Pipe(), Posix.Pipe(), Posix.Pipe());
        // The program's ends, closed here once it has them: else no pipe would ever come to an end.
        using var itsInput = new SafePipeHandle(input.Read, ownsHandle: true);
        using var itsOutput = new SafePipeHandle(output.Write, ownsHandle: true);
        using var itsError = new SafePipeHandle(error.Write, ownsHandle: true);
        try
        {
            var pid = PosixSpawn.Start(request, input.Read, output.Write, error.Write);
            return new LinuxProgram(request, pid, input.Write, output.Read, error.Read, kill);
        }
        catch (IOException)
        {
            foreach (var mine in (int[])[input.Write, output.Read, error.Read])
                new SafePipeHandle(mine, ownsHandle: true).Dispose();
            throw;
        }
    }

    public void Kill() => kill(this);

    public void Used(double cpu, long memory)
    {
        cpuSeconds += cpu;
        memoryBytesMax = Math.Max(memoryBytesMax, memory);
    }

    public void End(int status)
    {
        var signal = status & 0x7f;
        var code = signal == 0 ? (status >> 8) & 0xff : 0;
        ended.TrySetResult(new RunExit(code, signal, cpuSeconds, memoryBytesMax, TooManyProcesses));
    }

    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
    }
}
