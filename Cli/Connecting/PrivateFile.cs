namespace Hearth.Cli.Connecting;

/// <summary>Files that hold a key.</summary>
internal static class PrivateFile
{
    private const int KeyBytesMax = 4 << 10;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <exception cref="UsageException">It cannot be read, others can, or it holds no key.</exception>
    public static string ReadKey(string path)
    {
        var full = path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..])
            : path;
        CheckMode(full);
        var key = Read(full, KeyBytesMax).Trim();
        return key.Length > 0 && !key.Any(char.IsWhiteSpace)
            ? key
            : throw new UsageException($"{full} does not hold a key: write the key into it, on one line.");
    }

    /// <exception cref="UsageException">Others than its owner may read or write it.</exception>
    public static void CheckMode(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return;
        if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            throw new UsageException($"{path} holds a key, and others than you can use it. Make it yours alone: chmod 600 {path}");
    }

    /// <exception cref="UsageException">It cannot be read, or is too large.</exception>
    public static string Read(string path, int bytesMax)
    {
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[bytesMax + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= bytesMax ? System.Text.Encoding.UTF8.GetString(bytes, 0, length) : throw new UsageException($"{path} has more than {bytesMax} bytes.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
