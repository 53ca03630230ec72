using System.Runtime.InteropServices;

namespace Hearth.Executables;

/// <summary>What .NET does not offer of Linux: exact exits with resource usage, sub-reaping, sessions.</summary>
internal static class Posix
{
    public const int SigKill = 9;
    private const int SetChildSubreaper = 36;
    private const int WaitAll = 0;
    private const int NoHang = 1;
    private const int Exited = 4;
    private const int NoReap = 0x0100_0000;
    private const int NoChildren = 10;
    private const uint CloseRangeCloexec = 4;

    /// <summary>Descendants whose parents die become this process's children, not init's.</summary>
    public static void BecomeSubreaper()
    {
        if (Prctl(SetChildSubreaper, 1, 0, 0, 0) != 0)
            throw Failure("prctl(PR_SET_CHILD_SUBREAPER)");
    }

    /// <summary>Keeps what this process was handed open by its parent from the programs that it starts.</summary>
    public static void KeepDescriptors()
    {
        try
        {
            _ = CloseRange(3, uint.MaxValue, CloseRangeCloexec);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without it (glibc before 2.34, musl). .NET opens everything close-on-exec anyway.
        }
    }

    public static void Kill(int pid) => _ = KillNative(pid, SigKill);

    public static void KillGroup(int pid) => _ = KillNative(-pid, SigKill);

    /// <summary>A child that has ended and not been reaped: its id, 0 for none, or null when there are no children at all.</summary>
    public static int? EndedChild()
    {
        var info = new byte[128];
        if (WaitId(WaitAll, 0, info, Exited | NoHang | NoReap) == 0)
            return BitConverter.ToInt32(info, IntPtr.Size == 8 ? 16 : 12);
        return Marshal.GetLastPInvokeError() == NoChildren ? null : 0;
    }

    /// <summary>Takes a child's exit. Null when it has not ended.</summary>
    public static (int Status, double CpuSeconds, long MemoryBytes)? Reap(int pid)
    {
        // struct rusage: user and system time as (seconds, microseconds), then the largest resident set in KiB.
        var usage = new nint[64];
        if (Wait4(pid, out var status, NoHang, usage) != pid)
            return null;
        return (status, usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6), (long)usage[4] * 1024);
    }

    public static uint UserId() => GetEuid();

    public static (int Read, int Write) Pipe()
    {
        const int Cloexec = 0x80000;
        var ends = new int[2];
        return Pipe2(ends, Cloexec) == 0 ? (ends[0], ends[1]) : throw Failure("pipe2");
    }

    public static IOException Failure(string call, int? error = null) =>
        new($"{call}: {Marshal.GetPInvokeErrorMessage(error ?? Marshal.GetLastPInvokeError())}");

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [DllImport("libc", EntryPoint = "close_range", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CloseRange(uint first, uint last, uint flags);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int KillNative(int pid, int signal);

    [DllImport("libc", EntryPoint = "waitid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int WaitId(int kind, int id, byte[] info, int options);

    [DllImport("libc", EntryPoint = "wait4", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Wait4(int pid, out int status, int options, nint[] usage);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEuid();

    [DllImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Pipe2(int[] ends, int flags);
}
