namespace Hearth.Executables;

/// <summary>Reads a folder of manifests again and again, and remembers what it needs to keep serving through a bad edit.</summary>
internal sealed class FolderReader(string folder)
{
    /// <summary>More files than this in one folder are not manifests.</summary>
    private const int FilesMax = 1000;

    private readonly Dictionary<string, (byte[] Bytes, ManifestResult Result)> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Manifest> good = new(StringComparer.Ordinal);
    private FolderSnapshot? last;

    /// <summary>What there is now, or null when nothing changed since the last time.</summary>
    public FolderSnapshot? ReadChange()
    {
        var paths = Paths();
        var changed = last is null | Forget(paths);
        foreach (var path in paths)
            changed |= Read(path);
        return changed ? last = Snapshot() : null;
    }

    private List<string> Paths()
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Take(FilesMax)];
        }
        catch (DirectoryNotFoundException)
        {
            // No folder, no functions.
            return [];
        }
    }

    private bool Forget(List<string> paths)
    {
        var gone = files.Keys.Except(paths, StringComparer.Ordinal).ToList();
        foreach (var path in gone)
        {
            files.Remove(path);
            good.Remove(path);
        }

        return gone.Count > 0;
    }

    /// <summary>
    /// Compares what was read and found, not times: a good file becomes bad when its program is removed, and good again when it is
    /// made executable.
    /// </summary>
    private bool Read(string path)
    {
        var bytes = ManifestReader.ReadFile(path, out var mistake);
        var result = bytes is null ? new ManifestResult(null, [mistake]) : ManifestReader.Parse(path, bytes);
        var known = files.TryGetValue(path, out var before);
        files[path] = (bytes ?? [], result);
        if (result.Manifest is { } manifest)
            good[path] = manifest;
        return !known
            || !before.Bytes.AsSpan().SequenceEqual(bytes ?? [])
            || !before.Result.Mistakes.SequenceEqual(result.Mistakes, StringComparer.Ordinal)
            || !string.Equals(before.Result.Manifest?.Program, result.Manifest?.Program, StringComparison.Ordinal);
    }

    private FolderSnapshot Snapshot()
    {
        var manifests = new SortedDictionary<string, Manifest>(StringComparer.Ordinal);
        var mistakes = files.Where(file => file.Value.Result.Mistakes.Count > 0)
            .ToDictionary(file => file.Key, file => file.Value.Result.Mistakes, StringComparer.Ordinal);
        // A file that serves a name already keeps it against a newcomer; at start the first by file name has it.
        foreach (var (path, manifest) in good.OrderBy(file => !Serves(file.Value)).ThenBy(file => file.Key, StringComparer.Ordinal))
            if (!manifests.TryAdd(manifest.Name, manifest))
                mistakes[path] = [.. mistakes.GetValueOrDefault(path, []), Twice(manifest, manifests[manifest.Name])];
        return new FolderSnapshot(manifests, mistakes);
    }

    private bool Serves(Manifest manifest) =>
        last?.Manifests.GetValueOrDefault(manifest.Name) is { } served && string.Equals(served.File, manifest.File, StringComparison.Ordinal);

    private static string Twice(Manifest second, Manifest first) =>
        $"{second.File}: 'name' is '{second.Name}', which {first.File} has as well: give one of them another name.";
}
