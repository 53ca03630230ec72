namespace Hearth.Bench.Jobs;

/// <summary>A folder that is gone after the measurement.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("hearth-bench-").FullName;

    public TempFolder() => Servers.Add(this);

    public string this[string name] => Path.Combine(path, name);

    public void Dispose()
    {
        if (Servers.Remove(this))
            Directory.Delete(path, recursive: true);
    }
}
