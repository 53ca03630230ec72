using System.Reflection;

namespace Hearth.Executables;

/// <summary>
/// How to start this assembly again as a supervisor, whether it runs by itself, inside a test host or inside a user's own app.
/// </summary>
internal static class SupervisorCommand
{
    /// <summary>Program and arguments.</summary>
    /// <exception cref="IOException">No .NET host was found.</exception>
    public static IReadOnlyList<string> For(string folder)
    {
        var assembly = typeof(Supervisor).Assembly;
        var own = Environment.ProcessPath;
        // Hearth's own executable, also published as a single file.
        if (own is not null && !IsHost(own) && Assembly.GetEntryAssembly() == assembly)
            return [own, Supervisor.Command, folder];
        return [Host(), "exec", .. Configuration(assembly.Location), assembly.Location, Supervisor.Command, folder];
    }

    /// <summary>
    /// Names the runtime by the files beside the assembly, or by the app's when the assembly came alone, as it does from a package.
    /// </summary>
    private static string[] Configuration(string assembly)
    {
        if (File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json")))
            return [];
        var app = Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()?.GetName().Name ?? "");
        return
        [
            .. File.Exists(app + ".runtimeconfig.json") ? (string[])["--runtimeconfig", app + ".runtimeconfig.json"] : [],
            .. File.Exists(app + ".deps.json") ? (string[])["--depsfile", app + ".deps.json"] : [],
        ];
    }

    private static string Host()
    {
        if (Environment.ProcessPath is { } own && IsHost(own))
            return own;
        // .../shared/Microsoft.NETCore.App/10.0.0/System.Private.CoreLib.dll
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string[] candidates =
        [
            Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", name)),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Select(folder => Path.Combine(folder, name)),
        ];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new IOException("Executables need the dotnet host, which is neither beside the runtime nor in PATH.");
    }

    private static bool IsHost(string path) =>
        string.Equals(Path.GetFileNameWithoutExtension(path), "dotnet", StringComparison.OrdinalIgnoreCase);
}
