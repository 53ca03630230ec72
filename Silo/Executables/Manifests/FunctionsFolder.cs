namespace Hearth.Executables;

/// <summary>
/// Watches a folder of manifests: reads it at start, 200 ms after a change, and every few seconds, because
/// watchers lose events and do not see what happens to programs elsewhere or to a folder that is created later.
/// </summary>
internal sealed class FunctionsFolder : IDisposable
{
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan Rescan = TimeSpan.FromSeconds(3);

    private readonly string folder;
    private readonly Action<FolderSnapshot> changed;
    private readonly FolderReader reader;
    private readonly ITimer timer;
    private readonly Lock reading = new();
    private FileSystemWatcher? watcher;
    private bool disposed;
    private bool rung;

    /// <param name="folder">May be missing: then nothing is served until it is there.</param>
    /// <param name="changed">
    /// Called once before the constructor returns, then after every change; never twice at once. Must not throw.
    /// </param>
    /// <param name="clock">Measures the waits.</param>
    public FunctionsFolder(string folder, Action<FolderSnapshot> changed, TimeProvider clock)
    {
        this.folder = Path.GetFullPath(folder);
        this.changed = changed;
        reader = new FolderReader(this.folder);
        timer = clock.CreateTimer(_ => Scan(), state: null, Rescan, Rescan);
        Scan();
    }

    public void Dispose()
    {
        lock (reading)
        {
            disposed = true;
            timer.Dispose();
            watcher?.Dispose();
        }
    }

    private void Scan()
    {
        lock (reading)
        {
            if (disposed)
                return;
            Volatile.Write(ref rung, false);
            // Before the look, so that a change after it rings.
            Watch();
            if (reader.ReadChange() is { } snapshot)
                changed(snapshot);
        }
    }

    private void Watch()
    {
        if (watcher is not null || !Directory.Exists(folder))
            return;
        try
        {
            watcher = new FileSystemWatcher(folder);
            watcher.Changed += (_, _) => Ring();
            watcher.Created += (_, _) => Ring();
            watcher.Deleted += (_, _) => Ring();
            watcher.Renamed += (_, _) => Ring();
            watcher.Error += (_, _) => Ring();
            watcher.NotifyFilter |= NotifyFilters.Attributes;
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No watches left, or the folder has just gone: the rescan does the work.
        }
    }

    /// <summary>The first ring of a burst sets the time, so that a file which never rests holds nothing up.</summary>
    private void Ring()
    {
        if (!Interlocked.Exchange(ref rung, true))
            timer.Change(Settle, Rescan);
    }
}
