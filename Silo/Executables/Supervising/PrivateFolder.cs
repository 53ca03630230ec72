namespace Hearth.Executables;

/// <summary>Folders that only this user may enter and that are removed with all that programs left in them.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>Links are removed, not followed.</summary>
    public static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A program may have left folders that cannot be entered; the run itself is not worse for it.
            Console.Error.WriteLine($"The folder {path} could not be removed: {e.Message}");
        }
    }
}
