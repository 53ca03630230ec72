namespace Hearth.Executables;

/// <summary>
/// Bubblewrap's arguments: own namespaces, no capabilities, the system's programs and the manifest's folder read-only, an empty
/// <c>/tmp</c>, the working folder to write in, nothing else of the disk. <c>--clearenv</c> with <c>--setenv</c> is not used: the
/// environment is exact already, and its secrets would stand in the list of processes.
/// </summary>
internal static class Sandbox
{
    private static readonly string[] System = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    private static readonly string[] Configuration =
    [
        "/etc/alternatives", "/etc/ca-certificates", "/etc/group", "/etc/hosts", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd", "/etc/pki", "/etc/resolv.conf", "/etc/ssl",
    ];

    /// <summary>What every isolated run has; enough to try whether bubblewrap works.</summary>
    public static IEnumerable<string> Base(bool network) =>
    [
        "--unshare-all",
        .. network ? (string[])["--share-net"] : [],
        "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--ro-bind", "/usr", "/usr",
        .. System.Where(Path.Exists).SelectMany(SystemFolder),
        .. Configuration.SelectMany(path => (string[])["--ro-bind-try", path, path]),
        "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
    ];

    public static IEnumerable<string> For(Manifest manifest, string folder, IReadOnlyList<string> hidden)
    {
        var functions = RealPath.Of(Path.GetDirectoryName(Path.GetFullPath(manifest.File))!);
        return
        [
            .. Base(manifest.Network),
            "--ro-bind", functions, Path.GetDirectoryName(Path.GetFullPath(manifest.File))!,
            .. Program(manifest, functions),
            // A data folder inside a folder that is shown stays hidden.
            .. hidden.Where(path => RealPath.IsWithin(path, functions) && Directory.Exists(path))
                .SelectMany(path => (string[])["--tmpfs", path]),
            "--bind", folder, folder,
            "--chdir", folder,
        ];
    }

    /// <summary>A program elsewhere is shown alone, under its real path and the one it is called by.</summary>
    private static IEnumerable<string> Program(Manifest manifest, string functions) =>
        new[] { manifest.Program, manifest.Command }
            .Distinct(StringComparer.Ordinal)
            .Where(path => !RealPath.IsWithin(path, functions) && !IsOfSystem(path))
            .SelectMany(path => (string[])["--ro-bind", manifest.Program, path]);

    private static bool IsOfSystem(string path) =>
        RealPath.IsWithin(path, "/usr") || System.Any(folder => RealPath.IsWithin(path, folder));

    /// <summary>On most systems /bin and its like are links into /usr; they stay links inside.</summary>
    private static string[] SystemFolder(string path) => new DirectoryInfo(path).LinkTarget is { } target
        ? ["--symlink", target, path]
        : ["--ro-bind", path, path];
}
