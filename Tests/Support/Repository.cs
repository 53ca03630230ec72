namespace Hearth.Tests.Support;

/// <summary>The files that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Where the solution is.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
