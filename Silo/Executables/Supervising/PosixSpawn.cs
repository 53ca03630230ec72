using System.Runtime.InteropServices;

namespace Hearth.Executables;

/// <summary>posix_spawn(3) in a session of its own, with default signals, three streams, a folder and an exact environment.</summary>
internal static class PosixSpawn
{
    // The same values in glibc and musl; both structures are at most 336 bytes there, sigset_t 128.
    private const short SetSignalDefaults = 4;
    private const short SetSignalMask = 8;
    private const short NewSession = 0x80;
    private const int StructureBytes = 1024;

    /// <summary>Starts a program. The caller keeps and closes the descriptors.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static int Start(RunRequest request, int input, int output, int error)
    {
        using var memory = new NativeTexts();
        var actions = memory.Allocate(StructureBytes);
        var attributes = memory.Allocate(StructureBytes);
        Check("posix_spawn_file_actions_init", ActionsInit(actions));
        Check("posix_spawnattr_init", AttributesInit(attributes));
        try
        {
            Configure(actions, memory.Text(request.Folder), input, output, error);
            Configure(attributes, memory.Allocate(StructureBytes), memory.Allocate(StructureBytes));
            var environment = request.Environment.Select(pair => $"{pair.Key}={pair.Value}");
            var failure = Spawn(
                out var pid,
                memory.Text(request.Arguments[0]),
                actions,
                attributes,
                memory.Texts(request.Arguments),
                memory.Texts(environment));
            return failure == 0 ? pid : throw Posix.Failure(request.Arguments[0], failure);
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    private static void Configure(nint actions, nint folder, int input, int output, int error)
    {
        Check("posix_spawn_file_actions_adddup2", ActionsDup2(actions, input, 0));
        Check("posix_spawn_file_actions_adddup2", ActionsDup2(actions, output, 1));
        Check("posix_spawn_file_actions_adddup2", ActionsDup2(actions, error, 2));
        Check("posix_spawn_file_actions_addchdir_np", ActionsChangeFolder(actions, folder));
    }

    /// <summary>.NET ignores SIGPIPE, which a program would inherit and then never end in a pipe that nobody reads.</summary>
    private static void Configure(nint attributes, nint all, nint none)
    {
        Check("sigfillset", FillSet(all));
        Check("sigemptyset", EmptySet(none));
        Check("posix_spawnattr_setsigdefault", SetDefaults(attributes, all));
        Check("posix_spawnattr_setsigmask", SetMask(attributes, none));
        Check("posix_spawnattr_setflags", SetFlags(attributes, SetSignalDefaults | SetSignalMask | NewSession));
    }

    private static void Check(string call, int failure)
    {
        if (failure != 0)
            throw Posix.Failure(call, failure);
    }

    [DllImport("libc", EntryPoint = "posix_spawn")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Spawn(out int pid, nint path, nint actions, nint attributes, nint arguments, nint environment);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ActionsInit(nint actions);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ActionsDestroy(nint actions);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ActionsDup2(nint actions, int from, int to);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ActionsChangeFolder(nint actions, nint folder);

    [DllImport("libc", EntryPoint = "posix_spawnattr_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AttributesInit(nint attributes);

    [DllImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AttributesDestroy(nint attributes);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetDefaults(nint attributes, nint signals);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetMask(nint attributes, nint signals);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFlags(nint attributes, short flags);

    [DllImport("libc", EntryPoint = "sigfillset")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FillSet(nint signals);

    [DllImport("libc", EntryPoint = "sigemptyset")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EmptySet(nint signals);
}
