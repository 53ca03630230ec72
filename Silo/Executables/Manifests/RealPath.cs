namespace Hearth.Executables;

/// <summary>A path without links in any of its parts (what realpath(3) answers), so that what was checked is what runs.</summary>
internal static class RealPath
{
    private const int LinksMax = 40;

    /// <exception cref="IOException">The links form a circle.</exception>
    public static string Of(string path)
    {
        var links = 0;
        var rest = new Stack<string>(Parts(Path.GetFullPath(path)).Reverse());
        var real = Path.GetPathRoot(Path.GetFullPath(path))!;
        while (rest.TryPop(out var part))
        {
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > LinksMax)
                throw new IOException($"'{path}' leads through more than {LinksMax} links");
            var resolved = Path.GetFullPath(target, real);
            foreach (var piece in Parts(resolved).Reverse())
                rest.Push(piece);
            real = Path.GetPathRoot(resolved)!;
        }

        return real;
    }

    /// <summary>Whether a path lies in a folder or is it.</summary>
    public static bool IsWithin(string path, string folder) =>
        string.Equals(path, folder, StringComparison.Ordinal)
        || path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string[] Parts(string path) =>
        path[Path.GetPathRoot(path)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
}
