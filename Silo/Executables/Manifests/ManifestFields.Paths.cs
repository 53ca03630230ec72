namespace Hearth.Executables;

/// <summary>The fields that name something on the disk.</summary>
internal sealed partial class ManifestFields
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's path as named and the real one behind links; empty when a mistake was found.</summary>
    public (string Named, string Real) Command(string name, string folder)
    {
        if (!fields.ContainsKey(name))
            Mistake(name, "is missing: name the program, absolute or relative to the manifest's folder");
        if (Text(name) is not { Length: > 0 } text)
            return ("", "");
        var path = Path.GetFullPath(text, folder);
        if (Problem(path, out var real) is { } problem)
            Mistake(name, $"names '{path}', which {problem}");
        return (path, real);
    }

    public string? Folder(string name, string folder)
    {
        if (Text(name) is not { } text)
            return null;
        var path = Path.GetFullPath(text, folder);
        if (!Directory.Exists(path))
            Mistake(name, $"names '{path}', which is no folder: create it, or leave the field out for a fresh one each run");
        return path;
    }

    private static string? Problem(string path, out string real)
    {
        real = path;
        if (Directory.Exists(path))
            return "is a folder: name the program in it";
        if (!File.Exists(path))
            return "does not exist: install the program or correct the path";
        try
        {
            real = RealPath.Of(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(real) & AnyExecute) == UnixFileMode.None)
                return "is not executable: run chmod +x on it";
            return OperatingSystem.IsLinux() && !IsProgram(real)
                ? "is neither a binary nor a script with a first line such as #!/bin/sh: add that line"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be examined ({e.Message}): let the silo's user read it";
        }
    }

    /// <summary>Without this check execvp would hand a file of any text to a shell.</summary>
    private static bool IsProgram(string path)
    {
        using var program = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        var length = program.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start[..length] is [(byte)'#', (byte)'!', ..] or [0x7f, (byte)'E', (byte)'L', (byte)'F'];
    }
}
