namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A disk that answers fsync with an error (EIO), or does nothing and says that it has, for processes that are started with
/// <see cref="Environment"/>.
/// </summary>
public sealed class FsyncError : IDisposable
{
    private const string Source = "fsync_error.c";

    private readonly string folder;
    private readonly string? onlyPath;

    private readonly bool lies;

    private FsyncError(string folder, string? onlyPath, bool lies)
    {
        this.folder = folder;
        this.lies = lies;
        this.onlyPath = onlyPath;
    }

    /// <summary>What the process needs; nothing fails before <see cref="Start"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment
    {
        get
        {
            var all = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["LD_PRELOAD"] = Library,
                ["HEARTH_FSYNC_TRIGGER"] = Trigger,
            };
            if (onlyPath is not null)
                all["HEARTH_FSYNC_PATH"] = onlyPath;
            if (lies)
                all["HEARTH_FSYNC_LIES"] = "1";
            return all;
        }
    }

    /// <summary>The paths whose fsync failed since <see cref="Start"/>, one for each failure.</summary>
    public IReadOnlyList<string> Failures => File.Exists(Trigger) ? File.ReadAllLines(Trigger) : [];

    private string Library => Path.Combine(folder, "fsync_error.so");

    private string Trigger => Path.Combine(folder, "trigger");

    /// <summary>Compiles the shim.</summary>
    /// <param name="onlyPath">Fails only for files whose full path contains this.</param>
    /// <param name="lies">Claims success instead, so that a power cut takes what was acknowledged.</param>
    /// <exception cref="IOException">There is no C compiler that works.</exception>
    public static FsyncError Build(string? onlyPath = null, bool lies = false)
    {
        var error = new FsyncError(Directory.CreateTempSubdirectory("hearth-fsync-").FullName, onlyPath, lies);
        try
        {
            // A database server runs as another user.
            Command.Must("chmod", "o+rx", error.folder);
            var source = Path.Combine(error.folder, Source);
            using (var from = typeof(FsyncError).Assembly.GetManifestResourceStream(Source)!)
            using (var to = File.Create(source))
                from.CopyTo(to);
            Command.Must("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", error.Library, source, "-ldl");
            return error;
        }
        catch
        {
            error.Dispose();
            throw;
        }
    }

    /// <summary>From here on fsync fails.</summary>
    public void Start()
    {
        var fresh = Trigger + ".new";
        File.WriteAllText(fresh, "");
        Command.Must("chmod", "o+rw", fresh);
        File.Move(fresh, Trigger, overwrite: true);
    }

    /// <summary>The disk is well again.</summary>
    public void Stop() => File.Delete(Trigger);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
