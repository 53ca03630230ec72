namespace Hearth.Storage;

/// <summary>The folder that a silo on SQLite keeps its data in; held by one process at a time.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream held;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    /// <summary>The database in it.</summary>
    public string Database => System.IO.Path.Combine(Path, "hearth.db");

    /// <summary>Makes the folder where it is not there (readable by its owner only) and takes it.</summary>
    /// <exception cref="StoreUnavailableException">It is held by another silo, or cannot be written.</exception>
    public static DataFolder Take(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Make(full);
            // The lock is the operating system's: it goes when the process does, however that ends.
            var held = new FileStream(
                System.IO.Path.Combine(full, "hearth.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolder(full, held);
        }
        catch (UnauthorizedAccessException e)
        {
            throw CannotWrite(full, e);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new StoreUnavailableException(
                $"The data folder {full} is in use by another silo. SQLite serves one process: stop that one, give this one another folder "
                + "(--data PATH), or use PostgreSQL for several silos: --database CONNECTION-STRING.", e);
        }
        catch (IOException e)
        {
            throw CannotWrite(full, e);
        }
    }

    public void Dispose() => held.Dispose();

    /// <summary>Makes the folder where it is not there, readable by its owner only; one that is there keeps its mode.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>EWOULDBLOCK on Linux and macOS; ERROR_SHARING_VIOLATION on Windows.</summary>
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32 && e is not FileNotFoundException;

    private static StoreUnavailableException CannotWrite(string path, Exception e) => new(
        $"The data folder {path} cannot be written: {e.Message} Make it writable for this user, or choose another one with --data PATH.", e);
}
