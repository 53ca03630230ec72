using Hearth.Functions;

namespace Hearth.Executables;

/// <summary>Says in words how a run failed; null when it did not.</summary>
internal static class RunFailure
{
    private const int SigKill = 9;
    private const int SigXCpu = 24;
    private const int SigXFileSize = 25;

    private static readonly Dictionary<int, string> Names = new()
    {
        [1] = "SIGHUP", [2] = "SIGINT", [3] = "SIGQUIT", [4] = "SIGILL", [5] = "SIGTRAP", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE",
        [SigKill] = "SIGKILL", [11] = "SIGSEGV", [13] = "SIGPIPE", [14] = "SIGALRM", [15] = "SIGTERM", [SigXCpu] = "SIGXCPU",
        [SigXFileSize] = "SIGXFSZ", [31] = "SIGSYS",
    };

    public static FunctionException? Of(Manifest manifest, RunExit exit, bool isolated)
    {
        // Bubblewrap hands on its program's signal as 128 and its number.
        var signal = isolated && exit.Signal == 0 && Names.ContainsKey(exit.Code - 128) ? exit.Code - 128 : exit.Signal;
        var what = exit switch
        {
            { TooManyProcesses: true } => $"started more than {manifest.Limits.Processes} processes (limits.processes)",
            _ when IsCpu(manifest, exit, signal) => $"used more than {manifest.Limits.CpuSeconds} s of processor time (limits.cpuSeconds)",
            _ when signal == SigXFileSize => $"wrote a file larger than {manifest.Limits.FileSizeMb} MB (limits.fileSizeMb)",
            _ when signal != 0 => $"was ended by signal {signal}{(Names.TryGetValue(signal, out var name) ? $" ({name})" : "")}",
            { Code: not 0 } => $"exited with code {exit.Code}",
            _ => null,
        };
        if (what is null)
            return null;
        var reason = $"Executable '{manifest.Name}' {what}.";
        return !exit.TooManyProcesses && signal == 0 && manifest.ExitCodes.TryGetValue(exit.Code, out var meaning)
            ? meaning.Because(reason)
            : new FunctionException(reason);
    }

    public static FunctionException TooMuchOutput(Manifest manifest) =>
        new($"Executable '{manifest.Name}' wrote more than {manifest.OutputBytesMax} bytes (outputBytesMax).");

    private static bool IsCpu(Manifest manifest, RunExit exit, int signal) =>
        signal == SigXCpu || (signal == SigKill && exit.CpuSeconds >= manifest.Limits.CpuSeconds);
}
