namespace Hearth.Executables;

/// <summary>What the functions folder holds now.</summary>
/// <param name="Manifests">Every function to serve, by name; the last good version of one whose file became bad.</param>
/// <param name="Mistakes">The mistakes of each file that has some, by its path.</param>
internal sealed record FolderSnapshot(
    IReadOnlyDictionary<string, Manifest> Manifests, IReadOnlyDictionary<string, IReadOnlyList<string>> Mistakes)
{
    public static readonly FolderSnapshot Empty = new(
        new SortedDictionary<string, Manifest>(StringComparer.Ordinal),
        new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal));
}
